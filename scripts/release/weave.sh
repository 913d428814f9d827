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
authorities=--use-bundled-ca
case "${1-}" in
  # The router lives long: one heap of the C library for all threads is worth memory to it. Its links trust the cluster's authority alone,
  # and Node.js need not read those of the web at each start: it is shown a list of none.
  launch)
    export MALLOC_ARENA_MAX=1 SSL_CERT_FILE=/dev/null
    authorities=--use-openssl-ca
    ;;
esac
exec "$node" --no-warnings "$authorities" "$release/weave.mjs" "$@"
