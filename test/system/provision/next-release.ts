/** Puts a changed copy of the agent in use, and prints how often the change to the protocol was made. */
export const NEXT_RELEASE = `cd /opt/weave && cp -a "$(readlink current)" releases/next
sed -i 's/"[^"]*":"from source"/"99.9.9":"from source"/; s/protocolMax:PROTOCOL_VERSION/protocolMax:3/' releases/next/weave.cjs
ln -sfn releases/next current && systemctl restart weave && grep -c protocolMax:3 releases/next/weave.cjs`
