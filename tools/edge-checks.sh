#!/bin/sh
# Is what edge.env says possible?  Read by edge-start, whose complain(),
# warn(), tool() and variables it uses.
# shellcheck disable=SC2154

# --- the settings ----------------------------------------------------------

check_set()
{
	for name in $required; do
		eval "value=\${$name-}"
		[ -n "$value" ] ||
			complain "$name is not set: add the line $name=… to $env_file"
	done
}

is_port()
{
	case $1 in
	'' | *[!0-9]* | ??????*) return 1 ;;
	esac
	[ "$1" -ge 1 ] && [ "$1" -le 65535 ]
}

check_ports()
{
	for name in EDGE_OUTER_PORT EDGE_INNER_PORT PBX_PORT; do
		eval "value=\${$name-}"
		is_port "$value" || complain "$name=$value is no port"
	done
	case $PBX_TRANSPORT in
	udp | tcp) ;;
	*) complain "PBX_TRANSPORT=$PBX_TRANSPORT: say udp or tcp" ;;
	esac
	case $EDGE_RTPENGINE in
	127.*:*) is_port "${EDGE_RTPENGINE##*:}" ||
		complain "EDGE_RTPENGINE=$EDGE_RTPENGINE: its port is none" ;;
	*) complain "EDGE_RTPENGINE=$EDGE_RTPENGINE: say 127.0.0.1:PORT; it" \
		"carries media keys, loopback only" ;;
	esac
}

is_ipv4()
{
	case $1 in
	*[!0-9.]*) return 1 ;;
	esac
	echo "$1" | grep -Eq '^([0-9]{1,3}\.){3}[0-9]{1,3}$' && [ "$1" != 0.0.0.0 ]
}

check_own_address()
{
	if ! is_ipv4 "$2"; then
		complain "$1=$2: say one IPv4 address of this machine"
	elif command -v ip >/dev/null && [ -z "$(ip -o addr show to "$2")" ]; then
		complain "$1=$2 is no address of this machine: see 'ip -br addr'"
	fi
}

check_addresses()
{
	check_own_address EDGE_OUTER "$EDGE_OUTER"
	check_own_address EDGE_INNER "$EDGE_INNER"
	case $EDGE_DOMAIN in
	*[!A-Za-z0-9.-]*) complain "EDGE_DOMAIN=$EDGE_DOMAIN is no domain name" ;;
	esac
	case $PBX_ADDR in
	*:*) complain "PBX_ADDR=$PBX_ADDR: only IPv4 works towards the PBX" ;;
	*[!0-9.]*) getent ahostsv4 "$PBX_ADDR" >/dev/null ||
		complain "PBX_ADDR=$PBX_ADDR does not resolve: use its address" ;;
	*) is_ipv4 "$PBX_ADDR" || complain "PBX_ADDR=$PBX_ADDR is no address" ;;
	esac
	[ "$PBX_ADDR:$PBX_PORT" != "$EDGE_INNER:$EDGE_INNER_PORT" ] ||
		complain "PBX_ADDR, PBX_PORT are the edge's own: name the PBX"
}

# Each is ADDR:PORT, by which a request is known to come from there.
check_cluster()
{
	seen=, rest=${EDGE_CLUSTER:+$EDGE_CLUSTER,}
	while [ -n "$rest" ]; do
		one=${rest%%,*} rest=${rest#*,}
		host=${one%%:*} port=${one#*:}
		if ! is_ipv4 "$host" || [ "$host" = "$one" ] || ! is_port "$port"; then
			complain "EDGE_CLUSTER: '$one': say ADDR:PORT, EDGE_INNER and" \
				"EDGE_INNER_PORT of that edge, with commas between"
			continue
		fi
		case $host in
		"$EDGE_INNER") complain "EDGE_CLUSTER: $one is this edge's own" \
			"EDGE_INNER: name the others" ;;
		"$PBX_ADDR") complain "EDGE_CLUSTER: $one has the PBX's address, and" \
			"nobody could tell who asks: give that edge one of its own" ;;
		esac
		case $seen in
		*",$host,"*) complain "EDGE_CLUSTER: $host is there twice" ;;
		esac
		seen=$seen$host,
	done
}

check_outbound()
{
	case $EDGE_PBX_OUTBOUND in
	yes | no) ;;
	*) complain "EDGE_PBX_OUTBOUND=$EDGE_PBX_OUTBOUND: say yes or no" ;;
	esac
}

is_name()
{
	case $1 in
	'' | .* | *. | *..* | -* | *[!A-Za-z0-9.-]*) return 1 ;;
	esac
	! is_ipv4 "$1"
}

# Each is NAME or NAME=ADDR:PORT.
check_peers()
{
	seen=,
	domain=$(echo "$EDGE_DOMAIN" | tr A-Z a-z)
	rest=$(echo "${EDGE_PEERS:+$EDGE_PEERS,}" | tr A-Z a-z)
	while [ -n "$rest" ]; do
		one=${rest%%,*} rest=${rest#*,} peer=${one%%=*}
		before=$problems
		check_peer_name "$peer"
		case $seen in
		*",$peer,"*) complain "EDGE_PEERS: $peer is there twice" ;;
		esac
		seen=$seen$peer,
		[ "$problems" = "$before" ] || continue
		case $one in
		*=*) check_peer_place "$peer" "${one#*=}" ;;
		*) check_peer_dns "$peer" ;;
		esac
	done
}

check_peer_name()
{
	if is_ipv4 "$1"; then
		complain "EDGE_PEERS: $1 is an address, and no certificate proves one" \
			"(RFC 5922 s7.1): write DOMAIN=$1:PORT"
	elif [ "$1" = "$domain" ]; then
		complain "EDGE_PEERS: $1 is our own domain: name the others"
	elif ! is_name "$1"; then
		case $1 in
		*\**) complain "EDGE_PEERS: $1: no wildcards, name each domain" ;;
		*) complain "EDGE_PEERS: '$1' is no domain name: names with commas" \
			"between, one that is not ASCII as xn--... (package idn2 tells" \
			"it)" ;;
		esac
	fi
}

check_peer_place()
{
	host=${2%%:*} port=${2#*:}
	if ! is_ipv4 "$host" || [ "$host" = "$2" ]; then
		complain "EDGE_PEERS: $1=$2: say $1=ADDR:PORT, or $1 alone to have it" \
			"found in DNS"
	elif ! is_port "$port"; then
		complain "EDGE_PEERS: $1=$2: $port is no port"
	elif [ "$2" = "$EDGE_OUTER:$EDGE_OUTER_PORT" ] ||
		[ "$2" = "$EDGE_OUTER_ADVERTISE:$EDGE_OUTER_PORT" ]; then
		complain "EDGE_PEERS: $1=$2 is this edge's own address: name the peer's"
	fi
}

# Only by -c: a start must not wait for DNS.  getent knows no SRV records;
# without host (package bind9-host) there may be one.
check_peer_dns()
{
	[ "$job" = check ] || return 0
	! timeout 5 getent ahostsv4 "$1" >/dev/null || return 0
	srv="no SRV record _sips._tcp.$1"
	if ! command -v host >/dev/null; then
		srv="whether an SRV record only 'host' could tell: package bind9-host"
	elif timeout 5 host -t SRV "_sips._tcp.$1" 2>/dev/null | grep -q ' SRV '
	then
		return 0
	fi
	warn "EDGE_PEERS: DNS has no address of $1 (getent ahosts $1), and $srv:" \
		"calls to it will fail, unless you write $1=ADDR:PORT"
}

check_legacy()
{
	[ -n "$EDGE_LEGACY" ] || return 0
	legacy=${EDGE_LEGACY%:*} port=${EDGE_LEGACY##*:}
	if [ "$legacy" = "$EDGE_LEGACY" ] || ! is_port "$port"; then
		complain "EDGE_LEGACY=$EDGE_LEGACY: say ADDR:PORT"
		return
	fi
	check_own_address EDGE_LEGACY "$legacy"
	for other in "$EDGE_OUTER:$EDGE_OUTER_PORT" "$EDGE_INNER:$EDGE_INNER_PORT"
	do
		[ "$EDGE_LEGACY" != "$other" ] ||
			complain "EDGE_LEGACY=$EDGE_LEGACY is taken by EDGE_OUTER or" \
				"EDGE_INNER: give it an address or port of its own"
	done
	warn "EDGE_LEGACY: at $EDGE_LEGACY phones may use TLS 1.0, which does not" \
		"keep secrets: only for phones that cannot be replaced"
}

# An operator's own tls.cfg stays as it is when a new version is installed.
check_tls_cfg()
{
	[ -r "$EDGE_CFG_DIR/tls.cfg" ] || return 0
	for pair in "peers=$EDGE_PEERS" "legacy=$EDGE_LEGACY"; do
		[ -n "${pair#*=}" ] || continue
		grep -q "^#${pair%%=*} " "$EDGE_CFG_DIR/tls.cfg" ||
			complain "$EDGE_CFG_DIR/tls.cfg has no lines that begin with" \
				"#${pair%%=*}: it is from an older version; take them from" \
				"cfg/tls.cfg"
	done
}

# Each file that the finished tls.cfg names.  Kamailio looks for those that are
# not absolute beside its own configuration, and edge-start makes peer-ca.
check_files_of()
{
	while read -r what file; do
		case $file in
		/engine:* | /uri:* | "$EDGE_RUN/peer-ca" | '') ;;
		/*) check_readable "$EDGE_CFG_DIR/tls.cfg: $what" "$file" \
			"put it there, or take the line out" ;;
		esac
	done <<-END
		$(sed -nE 's/[[:blank:]]*#.*//; s/"//g; s/^[[:blank:]]+//
			s/^(crl|ca_list|ca_path|certificate|private_key)[[:blank:]]*=/\1 /p' \
			"$1")
	END
}

# --- what the settings name ------------------------------------------------

# Checked by root for the installed service, or by whoever runs the edge.
find_service_user()
{
	service_user=
	case $env_file in
	/etc/*) ! id kamailio >/dev/null 2>&1 || service_user=kamailio ;;
	esac
}

# The service runs as user kamailio: root may read what it may not.
may_read()
{
	if [ "$(id -u)" = 0 ] && [ -n "$service_user" ]; then
		setpriv --reuid "$service_user" --regid "$service_user" --init-groups \
			test -r "$1"
	else
		[ -r "$1" ]
	fi
}

check_readable()
{
	if [ ! -r "$2" ] && [ ! -e "$2" ]; then
		complain "$1: cannot read '$2': $3"
	elif ! may_read "$2"; then
		group=${service_user:-$(id -gn)}
		complain "$1: ${service_user:-$(id -un)} may not read $2:" \
			"chgrp $group $2; chmod 640 $2"
	fi
}

check_certificates()
{
	hint='make one with edge-cert, or name yours'
	files='EDGE_CERT EDGE_KEY EDGE_CA'
	[ -z "$EDGE_PEERS" ] || files="$files EDGE_PEER_CA"
	[ -z "$EDGE_LEGACY" ] || files="$files EDGE_LEGACY_CERT EDGE_LEGACY_KEY"
	for name in $files; do
		file=
		eval "file=\${$name-}"
		check_readable "$name" "$file" "$hint"
	done
	before=$problems
	check_pair EDGE_CERT "$EDGE_CERT" EDGE_KEY "$EDGE_KEY"
	[ ! -r "$EDGE_CERT" ] || [ "$problems" != "$before" ] || check_names
	[ -z "$EDGE_PEERS" ] || [ ! -r "$EDGE_PEER_CA" ] || check_peer_ca
	[ -z "$EDGE_LEGACY" ] || check_legacy_pair
}

check_names()
{
	check_name "$EDGE_DOMAIN"
	[ -z "$EDGE_PEERS" ] || is_ipv4 "$EDGE_OUTER_ADVERTISE" ||
		check_name "$EDGE_OUTER_ADVERTISE"
}

check_peer_ca()
{
	if ! openssl storeutl -noout -certs "$EDGE_PEER_CA" 2>/dev/null |
		grep -q '^Total found: [1-9]'; then
		complain "EDGE_PEER_CA: $EDGE_PEER_CA holds no PEM certificate: name the" \
			"file with the CAs that sign your peers' certificates"
		return
	fi
	# who signed himself is his own CA
	openssl storeutl -noout -text -certs "$EDGE_PEER_CA" 2>/dev/null | awk '
		/^ *Issuer:/ {sub(/^ *Issuer: */, ""); issuer = $0}
		/^ *Subject:/ {sub(/^ *Subject: */, ""); ca += $0 == issuer}
		/^ *CA:TRUE/ {ca++}
		END {exit !ca}' ||
		complain "EDGE_PEER_CA: $EDGE_PEER_CA holds no CA's certificate, only" \
			"such as a CA has signed: name the file with the CAs themselves"
}

check_legacy_pair()
{
	before=$problems
	check_pair EDGE_LEGACY_CERT "$EDGE_LEGACY_CERT" \
		EDGE_LEGACY_KEY "$EDGE_LEGACY_KEY"
	[ "$problems" = "$before" ] || return 0
	openssl x509 -in "$EDGE_LEGACY_CERT" -noout -text 2>/dev/null |
		grep -q 'Public Key Algorithm: rsaEncryption' ||
		complain "EDGE_LEGACY_CERT: $EDGE_LEGACY_CERT has no RSA key, and old" \
			"phones know nothing else: edge-cert server DIR $EDGE_DOMAIN --rsa" \
			"--out legacy"
}

# notBefore=TIME, as openssl writes it
is_to_come()
{
	[ "$(date -d "${1#*=}" +%s)" -gt "$(date +%s)" ]
}

# A certificate and its key, each with the name of its setting.
check_pair()
{
	[ -r "$2" ] && [ -r "$4" ] || return 0
	if ! openssl x509 -in "$2" -noout 2>/dev/null; then
		complain "$1: $2 holds no PEM certificate"
	elif ! openssl x509 -in "$2" -noout -checkend 0 >/dev/null; then
		complain "$1: $2 expired, $(openssl x509 -in "$2" -noout -enddate):" \
			"renew it"
	elif is_to_come "$(openssl x509 -in "$2" -noout -startdate)"; then
		complain "$1: $2 is not valid yet," \
			"$(openssl x509 -in "$2" -noout -startdate): compare with 'date -u'"
	elif [ "$(openssl x509 -in "$2" -noout -pubkey)" != \
		"$(openssl pkey -in "$4" -pubout 2>/dev/null)" ]; then
		complain "$3: $4 is not the key of $2"
	fi
}

# RFC 5922 s6-1: the domain that leads to us stands in our certificate
check_name()
{
	status=0
	tool sipcert check --domain "$1" "$EDGE_CERT" >/dev/null 2>&1 || status=$?
	[ "$status" = 1 ] || return 0
	if [ -n "$EDGE_PEERS" ]; then
		complain "EDGE_CERT: $EDGE_CERT is not for $1 (RFC 5922): no peer will" \
			"take us for it; get one that is: see 'sipcert list $EDGE_CERT'"
	else
		warn "EDGE_CERT: $EDGE_CERT is not for" \
			"$1 (RFC 5922): phones that verify it will not connect;" \
			"see 'sipcert list $EDGE_CERT'"
	fi
}

check_policy()
{
	check_readable EDGE_POLICY "$EDGE_POLICY" "copy cfg/sdes-policy.xml there"
	[ -r "$EDGE_POLICY" ] || return 0
	status=0
	words=$(tool sdescheck --policy "$EDGE_POLICY" --side phones "$EDGE_POLICY" \
		2>&1) || status=$?
	[ "$status" != 2 ] || complain "EDGE_POLICY: $words"
	[ -n "$EDGE_PEERS" ] && [ "$status" != 2 ] || return 0
	grep -q '<side [^>]*name="peers"' "$EDGE_POLICY" ||
		complain "EDGE_POLICY: $EDGE_POLICY has no side for EDGE_PEERS: put the" \
			"line of cfg/sdes-policy.xml with <side name=\"peers\" into it"
}

check_flow_key()
{
	if [ -e "$EDGE_FLOW_KEY" ]; then
		check_readable EDGE_FLOW_KEY "$EDGE_FLOW_KEY" ''
	elif [ "$job" = start ]; then
		(umask 077 && openssl rand -hex 32 >"$EDGE_FLOW_KEY") 2>/dev/null ||
			complain "EDGE_FLOW_KEY: cannot write '$EDGE_FLOW_KEY'"
		[ -z "$EDGE_CLUSTER" ] ||
			warn "EDGE_FLOW_KEY: $EDGE_FLOW_KEY is new: copy it to the" \
				"other edges, or theirs to here: they share one"
	elif [ "$job" = check ]; then
		EDGE_FLOW_KEY=$EDGE_RUN/flow.key
		(umask 077 && openssl rand -hex 32 >"$EDGE_FLOW_KEY")
	fi
}
