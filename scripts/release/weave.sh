#!/bin/sh
# Starts the weave command of the release that this file belongs to, with the shipped runtime when there is one.
self=$(readlink -f "$0")
release=${self%/bin/*}
node=/opt/weave/runtime/bin/node
if [ ! -x "$node" ]; then
  node=$(command -v node) || {
    echo 'error: no Node.js runtime: neither /opt/weave/runtime/bin/node nor node in PATH' >&2
    echo "remedy: run 'weave-provision up', which ships the runtime, or install Node.js 20.11 or later" >&2
    exit 1
  }
fi
# Container runtimes call CNI plugins by name: links to this file.
case "${0##*/}" in
  weave-net | weave-ipam) set -- cni "${0##*/}" ;;
esac
# The router lives long: a heap that is kept small, collected when the start is over, and one heap of the C library for all threads
# are worth some 20 MB of memory to it.
case "${1-}" in
  launch)
    export MALLOC_ARENA_MAX=1
    set -- --optimize-for-size --expose-gc "$release/weave.mjs" "$@"
    ;;
  *)
    # What the engine makes of the program is kept beside it, and goes with it.
    export NODE_COMPILE_CACHE="$release/code"
    set -- "$release/weave.mjs" "$@"
    ;;
esac
exec "$node" --no-warnings "$@"
