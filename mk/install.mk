# Install on this machine: modules beside Kamailio's own, settings in
# /etc/tls-edge (an operator's own are never overwritten).

DESTDIR ?=
ETC := $(DESTDIR)/etc/tls-edge
UNITS := $(DESTDIR)/etc/systemd/system
CONFIGS := cfg/kamailio.cfg cfg/edge-request.cfg cfg/edge-reply.cfg \
	cfg/edge-hide.cfg cfg/edge-media.cfg cfg/edge-peers.cfg \
	cfg/edge-cluster.cfg cfg/edge-outbound.cfg modules/sdes_policy/policy.rng
SETTINGS := cfg/edge.env cfg/tls.cfg cfg/sdes-policy.xml

.PHONY: install
install: packages-install build tools ## onto this machine (DESTDIR=DIR)
	@mk/install.sh "$(BUILD)" "$(DESTDIR)" "$(KAMAILIO_BIN)"
	install -d "$(ETC)" "$(UNITS)/kamailio.service.d" "$(DESTDIR)/usr/sbin" \
		"$(DESTDIR)/usr/bin" "$(DESTDIR)/usr/lib/tls-edge" \
		"$(DESTDIR)/usr/share/doc/tls-edge"
	install -m 644 $(CONFIGS) "$(ETC)"
	@for file in $(SETTINGS); do \
		[ -e "$(ETC)/$${file##*/}" ] || install -vm 644 $$file "$(ETC)"; done
	@test -n "$(DESTDIR)" || mk/install-key.sh "$(ETC)/flow.key"
	install -m 755 tools/edge-start "$(DESTDIR)/usr/sbin"
	install -m 644 tools/edge-checks.sh "$(DESTDIR)/usr/lib/tls-edge"
	install -m 755 $(C_TOOLS:%=$(BUILD)/tools/%) tools/edge-cert \
		"$(DESTDIR)/usr/bin"
	install -m 644 cfg/kamailio.service.conf \
		"$(UNITS)/kamailio.service.d/tls-edge.conf"
	install -m 644 README.md docs/*.md rtpengine-conf/* \
		"$(DESTDIR)/usr/share/doc/tls-edge"
	@test -n "$(DESTDIR)" || mk/services.sh enable
	@echo "Next: set $(ETC)/edge.env, then systemctl daemon-reload and" \
		"systemctl restart kamailio"
