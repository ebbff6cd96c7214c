#!/bin/sh
# Runs QEMU without hardware acceleration: removes every -accel argument except tcg.
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
