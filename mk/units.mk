# Which units of each module are pure.
PURE_cert_match := cm_name cm_ident cm_match cm_verdict
PURE_tls_reuse := tr_b64 tr_mac tr_flow tr_contact
PURE_sdes_policy := sp_text sp_base64 sp_suite sp_crypto
