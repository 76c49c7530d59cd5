/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How does a message come to carry other URIs than it arrived with? */
#include "tr_edit.h"

#include "../../core/data_lump.h"
#include "../../core/dprint.h"
#include "../../core/mem/mem.h"

#include <string.h>

int tr_edits_add(struct tr_edits *edits, const struct sip_msg *msg,
		struct tr_view old, int wrap, const struct tr_view *pieces,
		size_t count)
{
	struct tr_edit *e = &edits->e[edits->n];
	size_t len = wrap ? 2 : 0, i;
	char *p;

	e->offset = (int)(old.s - msg->buf);
	e->len = (int)old.len;
	e->text.s = NULL;
	e->text.len = 0;
	if(count == 0) {
		edits->n++;
		return 0;
	}
	for(i = 0; i < count; i++) {
		len += pieces[i].len;
	}
	p = pkg_malloc(len + 1);
	if(p == NULL) {
		PKG_MEM_ERROR;
		return -1;
	}
	e->text.s = p;
	e->text.len = (int)len;
	if(wrap) {
		*p++ = '<';
	}
	for(i = 0; i < count; i++) {
		memcpy(p, pieces[i].s, pieces[i].len);
		p += pieces[i].len;
	}
	if(wrap) {
		*p = '>';
	}
	edits->n++;
	return 0;
}

int tr_edits_done(const struct sip_msg *msg, struct tr_view old)
{
	const struct lump *l;
	unsigned int offset = (unsigned int)(old.s - msg->buf);

	for(l = msg->add_rm; l != NULL; l = l->next) {
		if(l->op == LUMP_DEL && l->u.offset == offset && l->len == (int)old.len
				&& l->after != NULL) {
			return 1;
		}
	}
	return 0;
}

static int apply(struct tr_edit *e, struct sip_msg *msg)
{
	struct lump *l = del_lump(msg, e->offset, e->len, HDR_CONTACT_T);

	if(l == NULL
			|| (e->text.s != NULL
					&& insert_new_lump_after(
							   l, e->text.s, e->text.len, HDR_CONTACT_T)
							   == NULL)) {
		LM_ERR("cannot replace a Contact\n");
		return -1;
	}
	e->text.s = NULL; /* the message's now */
	return 0;
}

int tr_edits_apply(struct tr_edits *edits, struct sip_msg *msg)
{
	size_t i;
	int rc = 0;

	for(i = 0; i < edits->n && rc == 0; i++) {
		rc = apply(&edits->e[i], msg);
	}
	tr_edits_free(edits);
	return rc;
}

void tr_edits_free(struct tr_edits *edits)
{
	size_t i;

	for(i = 0; i < edits->n; i++) {
		if(edits->e[i].text.s != NULL) {
			pkg_free(edits->e[i].text.s);
		}
	}
	edits->n = 0;
}
