/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is the next element of these DER bytes? A row each. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "../../modules/cert_match/cm_der.h"

static const struct {
	const char *says;
	const char *bytes;
	size_t len;
	int tag;     /* -1: refused */
	size_t head; /* where its contents begin */
	size_t rest; /* what is left behind it */
} rows[] = {
		{"an empty element", "\x30\x00", 2, 0x30, 2, 0},
		{"one with contents and more behind", "\x04\x02xyz", 5, 4, 2, 1},
		{"a tag of another class", "\x86\x01x", 3, 0x86, 2, 0},
		{"nothing", "", 0, -1, 0, 0},
		{"a tag alone", "\x30", 1, -1, 0, 0},
		{"contents that are not all there", "\x04\x03xy", 4, -1, 0, 0},
		{"X.690 s8.1.2.4: a tag in several octets", "\x1f\x21\x00", 3, -1, 0,
				0},
		{"the same, of another class", "\xbf\x21\x00", 3, -1, 0, 0},
		{"X.690 s10.1: no indefinite length", "\x30\x80\x00\x00", 4, -1, 0, 0},
		{"X.690 s10.1: in as few octets as can be", "\x04\x81\x01x", 4, -1, 0,
				0},
		{"the same, with a zero in front", "\x04\x82\x00\x81", 4, -1, 0, 0},
		{"a length of which octets are missing", "\x04\x82\x01", 3, -1, 0, 0},
		{"a length of five octets", "\x04\x85\x01\x00\x00\x00\x00", 7, -1, 0,
				0},
		{"the longest of four: no overflow", "\x04\x84\xff\xff\xff\xff", 6, -1,
				0, 0},
};

static void test_rows(void **state)
{
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const uint8_t *bytes = (const uint8_t *)rows[i].bytes;
		struct cm_der from = {bytes, rows[i].len}, value = {NULL, 0};
		uint8_t tag = 0;
		int got = cm_der_take(&from, &tag, &value);

		if(rows[i].tag < 0 ? got != -1 || from.p != bytes
									 || from.len != rows[i].len
						   : got != 0 || tag != rows[i].tag
									 || value.p != bytes + rows[i].head
									 || value.len
												!= rows[i].len - rows[i].head
														   - rows[i].rest
									 || from.len != rows[i].rest)
			fail_msg("%s: got %d, tag %d, %zu octets, %zu left", rows[i].says,
					got, tag, value.len, from.len);
	}
}

/* Lengths about the edge between one octet and two. */
static void test_long(void **state)
{
	uint8_t bytes[3 + 300] = {CM_DER_OCTET_STRING};
	struct cm_der from = {bytes, sizeof(bytes)}, value;
	uint8_t tag;

	(void)state;
	bytes[1] = 0x7f;
	assert_int_equal(cm_der_take(&from, &tag, &value), 0);
	assert_int_equal(value.len, 127);
	from = (struct cm_der){bytes, sizeof(bytes)};
	bytes[1] = 0x81;
	bytes[2] = 0x80;
	assert_int_equal(cm_der_take(&from, &tag, &value), 0);
	assert_int_equal(value.len, 128);
	assert_ptr_equal(value.p, bytes + 3);
	/* X.690 s10.1: refused, however much there is to fill them */
	bytes[1] = 0x80;
	from = (struct cm_der){bytes, sizeof(bytes)};
	assert_int_equal(cm_der_take(&from, &tag, &value), -1);
	bytes[1] = 0x85;
	assert_int_equal(cm_der_take(&from, &tag, &value), -1);
	bytes[1] = 0x81;
	bytes[2] = 0x7f;
	assert_int_equal(cm_der_take(&from, &tag, &value), -1);
	bytes[1] = 0x82;
	bytes[2] = 0;
	bytes[3] = 0xff;
	assert_int_equal(cm_der_take(&from, &tag, &value), -1);
}

/* Lengths of two, three and four octets. */
static void test_longer(void **state)
{
	static uint8_t bytes[6 + 0x1000000] = {CM_DER_OCTET_STRING};
	static const struct {
		uint8_t octets[5];
		size_t len;
	} rows[] = {{{0x82, 1, 0}, 0x100}, {{0x83, 1, 0, 0}, 0x10000},
			{{0x84, 1, 0, 0, 0}, 0x1000000}};
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cm_der from = {bytes, sizeof(bytes)}, value;
		uint8_t tag;

		memcpy(bytes + 1, rows[i].octets, 5);
		assert_int_equal(cm_der_take(&from, &tag, &value), 0);
		assert_int_equal(value.len, rows[i].len);
		assert_ptr_equal(value.p, bytes + 3 + i + 1);
		assert_int_equal(from.len, sizeof(bytes) - (4 + i) - rows[i].len);
	}
}

static void test_expect(void **state)
{
	static const uint8_t bytes[] = {2, 1, 7, 4, 1, 'x'};
	struct cm_der from = {bytes, sizeof(bytes)}, value;

	(void)state;
	/* what is not expected stays where it is */
	assert_int_equal(cm_der_expect(&from, CM_DER_OCTET_STRING, &value), -1);
	assert_int_equal(from.len, sizeof(bytes));
	assert_int_equal(cm_der_expect(&from, CM_DER_INTEGER, &value), 0);
	assert_true(cm_der_is(&value, "\007", 1));
	assert_int_equal(cm_der_expect(&from, CM_DER_OCTET_STRING, &value), 0);
	assert_true(cm_der_is(&value, "x", 1));
	assert_false(cm_der_is(&value, "xy", 2));
	assert_false(cm_der_is(&value, "y", 1));
	assert_int_equal(cm_der_expect(&from, CM_DER_OCTET_STRING, &value), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(test_rows),
			cmocka_unit_test(test_long),
			cmocka_unit_test(test_longer),
			cmocka_unit_test(test_expect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
