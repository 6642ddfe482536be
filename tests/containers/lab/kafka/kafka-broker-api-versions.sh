#!/bin/bash
# The official image's probe, as far as a health check goes: does the listener accept?
set -eu
[[ ${1:-} == --bootstrap-server ]] || exit 2
exec 3<>"/dev/tcp/${2%:*}/${2##*:}"
