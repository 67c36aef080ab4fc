#!/bin/sh
# Starts coturn with deploy/turnserver.conf and what is particular to this machine, from the environment:
#   TURN_SECRET   shared with the server; it gets into a file that only this user can read, since every user of a machine can list
#                 command lines
#   PUBLIC_IP     the address at which browsers reach this machine
#   PRIVATE_IP    the machine's own address where a NAT gives it PUBLIC_IP, as most providers do; leave it out where the machine itself
#                 has PUBLIC_IP
#   TURN_REALM    any name
#   RUN_DIR       a folder for the file; default: a new one
# Further arguments are coturn's.
set -eu
umask 077
shared="$(dirname "$0")/turnserver.conf"
run="${RUN_DIR:-$(mktemp -d)}"
own="${PRIVATE_IP:-$PUBLIC_IP}"
{
	cat "$shared"
	echo "static-auth-secret=$TURN_SECRET"
	echo "realm=${TURN_REALM:-p2c2r}"
	# Only from this address: others of this machine, such as those of containers, lead into networks of its own.
	echo "relay-ip=$own"
	if [ "$own" != "$PUBLIC_IP" ]; then
		echo "external-ip=$PUBLIC_IP/$own"
	fi
	# Two pages that both need the relay reach each other from its address to its address, which may be in a denied range.
	echo "allowed-peer-ip=$own"
	echo "pidfile=$run/turnserver.pid"
} >"$run/turnserver.conf"
unset TURN_SECRET
exec turnserver -c "$run/turnserver.conf" "$@"
