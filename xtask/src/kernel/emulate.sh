#!/bin/sh
# Runs QEMU without the hardware's help: what is left of its arguments asks for TCG.
count=$#
while [ "$count" -gt 0 ]; do
	argument=$1
	shift
	count=$((count - 1))
	if [ "$argument" = -accel ] && [ "$1" != tcg ]; then
		shift
		count=$((count - 1))
		continue
	fi
	set -- "$@" "$argument"
done
exec "$real" "$@"
