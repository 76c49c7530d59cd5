# Which units of each module are pure.
PURE_cert_match := cm_name cm_ident cm_match cm_verdict cm_file cm_pem \
	cm_explain cm_uri cm_der cm_cert cm_eku cm_domain cm_join cm_trace \
	cm_days cm_dates cm_pemfile cm_watch cm_complaints \
	cm_hello cm_opening cm_cause cm_words cm_ring cm_tell
PURE_tls_reuse := tr_addr tr_b64 tr_mac tr_seal tr_edge tr_keys tr_registration \
	tr_short tr_flow tr_contact tr_header \
	tr_own tr_via tr_sentby tr_certified tr_names tr_said \
	tr_callid tr_cross tr_hash tr_index tr_alias tr_target tr_mark \
	tr_pings tr_open \
	tr_503 tr_queue tr_binding tr_flows tr_regs
PURE_sdes_policy := sp_text sp_base64 sp_suite sp_crypto sp_line sp_sdp \
	sp_quality sp_rules sp_verdict sp_policy sp_body sp_clean sp_final \
	sp_flags sp_file sp_schema sp_xml sp_xml_check
