/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The fast path: the bridge's port `weave-vx`, a VXLAN device in external mode, and its way to the sleeve, `weave-tap`.
 *
 *   bridge ──▶ to_underlay ──▶ VXLAN to the next hop, or clones along the tree, or weave-tap when the peer has no fast path
 *   bridge ◀── from_underlay ◀── VXLAN: deliver, relay in the kernel, flood further, or answer a probe
 *                    ├── from_tunnel ◀── weave-wg, where WireGuard opens what comes for addresses of its own
 *                    ╰── from_wire ◀── devices of the host, where relays take a short cut
 *   weave-vx ◀── from_sleeve ◀── weave-tap: frames that the sleeve brought enter the bridge through the same port
 *
 * VNI: 12 bits source, 12 bits destination, 0 for all. docs/protocol.md describes the bytes.
 */
#include "fast-path.h"

static __always_inline int drop(__u32 reason)
{
	__u64 *count = bpf_map_lookup_elem(&weave_counters, &reason);
	if (count)
		*count += 1;
	return TC_ACT_SHOT;
}

static __always_inline void tally(__u32 what)
{
	drop(what);
}

static __always_inline void tally_sent(__u32 peer, __u32 bytes)
{
	struct traffic *traffic = bpf_map_lookup_elem(&weave_traffic, &peer);
	if (traffic) {
		traffic->frames_sent += 1;
		traffic->bytes_sent += bytes;
	}
}

static __always_inline void tally_received(__u32 peer, __u32 bytes)
{
	struct traffic *traffic = bpf_map_lookup_elem(&weave_traffic, &peer);
	if (traffic) {
		traffic->frames_received += 1;
		traffic->bytes_received += bytes;
	}
}

static __always_inline void tally_relayed(__u32 source, __u32 bytes)
{
	struct load *load = bpf_map_lookup_elem(&weave_relayed, &source);
	if (load) {
		load->frames += 1;
		load->bytes += bytes;
	}
}

static __always_inline const struct config *read_config(void)
{
	__u32 only = 0;
	const struct config *config = bpf_map_lookup_elem(&weave_config, &only);
	return config && config->self ? config : 0;
}

static __always_inline int is_handle(__u32 address)
{
	return (address & HANDLE_MASK) == HANDLE_NETWORK;
}

static __always_inline int is_in_tunnel(__u32 address)
{
	return (address & TUNNEL_MASK) == TUNNEL_NETWORK;
}

/* `to`: an address of IPv4 or a handle. Without checksum over IPv6 too, as tunnels may be (RFC 6935). */
static __always_inline int address_frame(struct __sk_buff *skb, __u32 vni, __u32 to, __u8 ttl)
{
	struct bpf_tunnel_key key = { .tunnel_id = vni | SENT_BY_US, .tunnel_ttl = ttl };
	const struct address6 *address6;

	if (!is_handle(to)) {
		key.remote_ipv4 = to;
		return bpf_skb_set_tunnel_key(skb, &key, sizeof(key), BPF_F_ZERO_CSUM_TX);
	}
	address6 = bpf_map_lookup_elem(&weave_addresses, &to);
	if (!address6)
		return -1;
	__builtin_memcpy(key.remote_ipv6, address6->words, sizeof(key.remote_ipv6));
	return bpf_skb_set_tunnel_key(skb, &key, sizeof(key), BPF_F_ZERO_CSUM_TX | BPF_F_TUNINFO_IPV6);
}

/*
 * How the datagram came, with the handle in `remote_ipv4` where it came over IPv6; 0 there where it came from nobody. Gives what the
 * kernel says.
 */
static __always_inline long read_tunnel(struct __sk_buff *skb, struct bpf_tunnel_key *key)
{
	long refused = bpf_skb_get_tunnel_key(skb, key, sizeof(*key), 0);
	const __u32 *handle;

	if (!refused && is_handle(key->remote_ipv4))
		key->remote_ipv4 = 0;
	if (refused != -EPROTO)
		return refused;
	refused = bpf_skb_get_tunnel_key(skb, key, sizeof(*key), BPF_F_TUNINFO_IPV6);
	if (refused)
		return refused;
	handle = bpf_map_lookup_elem(&weave_handles, key->remote_ipv6);
	key->remote_ipv4 = handle ? *handle : 0;
	return 0;
}

/* One clone to each child. What the kernel cannot clone is lost, as on any switch without memory. */
static __always_inline void flood_tree(struct __sk_buff *skb, const struct config *config, const struct tree *tree,
				       __u32 source, __u8 ttl)
{
	__u32 count = tree->count;
	skb->mark = ADDRESSED;
	for (__u32 i = 0; i < CHILDREN_MAX; i++) {
		if (i >= count)
			break;
		if (address_frame(skb, source << 12 | FLOOD, tree->children[i], ttl) == 0)
			bpf_clone_redirect(skb, config->vxlan, 0);
	}
	skb->mark = 0;
}

/*
 * Notes behind whom a MAC is. It changes hands only when its owner has been silent for MAC_HOLD: whoever borrows the address of a
 * container that is alive gets none of its frames. False: another owner holds it.
 */
static __always_inline int learn(const struct mac *mac, __u32 peer, __u32 generation)
{
	__u64 now = bpf_ktime_get_ns();
	struct owner *known = bpf_map_lookup_elem(&weave_macs, mac);
	struct owner owner = { .peer = peer, .generation = generation, .seen_at = now };

	if (known && known->peer == peer && known->generation == generation) {
		if (now - known->seen_at > MAC_REFRESH)
			known->seen_at = now;
		return 1;
	}
	if (known && known->peer != peer) {
		if (now - known->seen_at < (known->peer == SLEEVE ? MAC_HOLD_SLEEVE : MAC_HOLD))
			return 0;
		tally(MACS_MOVED);
	}
	bpf_map_update_elem(&weave_macs, mac, &owner, BPF_ANY);
	return 1;
}

static __always_inline const struct owner *find_owner(const struct mac *mac, const struct config *config)
{
	const struct owner *owner = bpf_map_lookup_elem(&weave_macs, mac);
	if (!owner || bpf_ktime_get_ns() - owner->seen_at > MAC_AGE)
		return 0;
	if (owner->peer == SLEEVE && owner->generation != config->generation)
		return 0;
	return owner;
}

static __always_inline int punt(const struct config *config)
{
	if (!config->tap)
		return drop(DROPPED_ROUTE);
	tally(PUNTED);
	return bpf_redirect(config->tap, 0);
}

/* To all on the fast path by the tree, and once to the sleeve for those that are not. */
static __always_inline int flood(struct __sk_buff *skb, const struct config *config)
{
	__u32 self = config->self;
	const struct tree *tree = bpf_map_lookup_elem(&weave_trees, &self);

	tally(FLOODED);
	if (tree && tree->count) {
		flood_tree(skb, config, tree, self, SOURCE_TTL);
		tally_sent(FLOOD, skb->len);
	}
	if (!(config->flags & PUNT_FLOODS))
		return TC_ACT_SHOT;
	return punt(config);
}

static __always_inline int is_reserved(const struct mac *mac)
{
	return mac->bytes[0] == 0x01 && mac->bytes[1] == 0x80 && mac->bytes[2] == 0xc2 && mac->bytes[3] == 0 &&
	       mac->bytes[4] == 0 && mac->bytes[5] <= PROBE_MAC_LAST;
}

SEC("tc/to_underlay") int to_underlay(struct __sk_buff *skb)
{
	struct mac to = {}, from = {};
	const struct config *config;
	const struct owner *owner;
	const struct hop *hop;
	__u32 peer;

	if (skb->mark == ADDRESSED) {
		skb->mark = 0;
		return TC_ACT_OK;
	}
	config = read_config();
	if (!config)
		return drop(DROPPED_NOT_READY);
	if (bpf_skb_load_bytes(skb, 0, to.bytes, ETH_ALEN) || bpf_skb_load_bytes(skb, ETH_ALEN, from.bytes, ETH_ALEN))
		return drop(DROPPED_SHORT);
	if (is_reserved(&to))
		return drop(DROPPED_RESERVED);
	if (!learn(&from, config->self, 0))
		tally(MACS_HELD);
	if (to.bytes[0] & 1)
		return flood(skb, config);
	owner = find_owner(&to, config);
	if (!owner)
		return flood(skb, config);
	peer = owner->peer;
	if (peer == SLEEVE)
		return punt(config);
	if (peer == config->self)
		return drop(DROPPED_LOCAL);
	hop = bpf_map_lookup_elem(&weave_hops, &peer);
	if (!hop || !hop->address)
		return punt(config);
	if (address_frame(skb, config->self << 12 | peer, hop->address, SOURCE_TTL))
		return drop(DROPPED_ROUTE);
	tally(SENT);
	tally_sent(peer, skb->len);
	return TC_ACT_OK;
}

/* Answers in the kernel, so that peers keep a path whose agent is being replaced. */
static __always_inline int handle_probe(struct __sk_buff *skb, const struct config *config, __u32 source, __u32 from)
{
	__u8 kind;
	__u32 nonce;

	if (bpf_skb_load_bytes(skb, PROBE_KIND_AT, &kind, 1) || bpf_skb_load_bytes(skb, PROBE_NONCE_AT, &nonce, 4))
		return drop(DROPPED_PROBE);
	if (kind == ANSWER) {
		struct answer answer = { .nonce = nonce, .address = from, .at = bpf_ktime_get_ns() };
		if (is_in_tunnel(from))
			bpf_map_update_elem(&weave_sealed, &source, &answer, BPF_ANY);
		else
			bpf_map_update_elem(&weave_answers, &source, &answer, BPF_ANY);
		return TC_ACT_SHOT;
	}
	kind = ANSWER;
	if (bpf_skb_store_bytes(skb, PROBE_KIND_AT, &kind, 1, 0) ||
	    address_frame(skb, config->self << 12 | source, from, SOURCE_TTL))
		return drop(DROPPED_PROBE);
	tally(PROBES_ANSWERED);
	skb->mark = ADDRESSED;
	return bpf_redirect(config->vxlan, 0);
}

static __always_inline int deliver(struct __sk_buff *skb, const struct config *config, const struct mac *from,
				   __u32 source)
{
	if (!(from->bytes[0] & 1) && !learn(from, source, 0)) {
		const struct owner *owner = bpf_map_lookup_elem(&weave_macs, from);
		/* Delivered, the bridge would take up that a container of this host is elsewhere. */
		if (owner && owner->peer == config->self)
			return drop(DROPPED_SPOOFED);
		tally(MACS_HELD);
	}
	tally(DELIVERED);
	tally_received(source, skb->len);
	return TC_ACT_OK;
}

static __always_inline int relay(struct __sk_buff *skb, const struct config *config, const struct bpf_tunnel_key *key)
{
	__u32 destination = key->tunnel_id & 0xfff;
	const struct hop *hop = bpf_map_lookup_elem(&weave_hops, &destination);

	if (!hop || !hop->address || hop->address == key->remote_ipv4)
		return drop(DROPPED_ROUTE);
	if (key->tunnel_ttl <= 1)
		return drop(DROPPED_TTL);
	if (address_frame(skb, key->tunnel_id, hop->address, key->tunnel_ttl - 1))
		return drop(DROPPED_ROUTE);
	tally(RELAYED);
	tally_relayed(key->tunnel_id >> 12 & 0xfff, skb->len);
	skb->mark = ADDRESSED;
	return bpf_redirect(config->vxlan, 0);
}

/*
 * What the kernel made of a frame that may not be cut, and is larger than it knows the path to be: `Fragmentation needed`, or `Packet too
 * big`, to whoever sent it. Of what a router between relays that goes back the way the frame came.
 */
static __always_inline int give_back(struct __sk_buff *skb, const struct config *config, __u32 vni)
{
	__u32 source = vni >> 12 & 0xfff, destination = vni & 0xfff;
	const struct hop *hop;

	if (source == config->self)
		return TC_ACT_OK;
	hop = bpf_map_lookup_elem(&weave_hops, &source);
	if (destination == FLOOD || !hop || !hop->address ||
	    address_frame(skb, destination << 12 | source, hop->address, SOURCE_TTL))
		return drop(DROPPED_ROUTE);
	tally(RELAYED);
	skb->mark = ADDRESSED;
	return bpf_redirect(config->vxlan, 0);
}

SEC("tc/from_underlay") int from_underlay(struct __sk_buff *skb)
{
	struct bpf_tunnel_key key = {};
	struct mac to = {}, from = {};
	const struct config *config = read_config();
	const struct hop *member;
	const struct tree *tree;
	__u32 *endpoint;
	__u32 source, destination;
	__u16 type;
	long refused;

	if (!config)
		return drop(DROPPED_NOT_READY);
	if (bpf_skb_load_bytes(skb, 0, to.bytes, ETH_ALEN) || bpf_skb_load_bytes(skb, ETH_ALEN, from.bytes, ETH_ALEN) ||
	    bpf_skb_load_bytes(skb, 2 * ETH_ALEN, &type, 2))
		return drop(DROPPED_SHORT);
	refused = read_tunnel(skb, &key);
	if (refused == -EINVAL) {
		/* What comes without a tunnel is from weave-tap. */
		if (!learn(&from, SLEEVE, config->generation))
			tally(MACS_HELD);
		tally(FROM_SLEEVE);
		return TC_ACT_OK;
	}
	if (refused)
		return drop(DROPPED_UNDERLAY);
	if (key.tunnel_id & SENT_BY_US)
		return give_back(skb, config, key.tunnel_id);

	endpoint = bpf_map_lookup_elem(&weave_endpoints, &key.remote_ipv4);
	if (!endpoint || (is_in_tunnel(key.remote_ipv4) && skb->mark != OPENED))
		return drop(DROPPED_ENDPOINT);
	skb->mark = 0;
	source = key.tunnel_id >> 12 & 0xfff;
	destination = key.tunnel_id & 0xfff;
	member = bpf_map_lookup_elem(&weave_hops, &source);
	if (source == 0 || source == config->self || !member || !member->is_member)
		return drop(DROPPED_SOURCE);
	if (is_reserved(&to)) {
		if (type != PROBE_ETHERTYPE || source != *endpoint || destination != config->self)
			return drop(DROPPED_PROBE);
		return handle_probe(skb, config, source, key.remote_ipv4);
	}
	if (destination == config->self)
		return deliver(skb, config, &from, source);
	if (destination != FLOOD)
		return relay(skb, config, &key);

	/* A flood is taken from one neighbour only, so none can come twice, and none can turn in circles. */
	tree = bpf_map_lookup_elem(&weave_trees, &source);
	if (!tree || tree->parent != *endpoint)
		return drop(DROPPED_TREE);
	if (key.tunnel_ttl > 1 && tree->count) {
		flood_tree(skb, config, tree, source, key.tunnel_ttl - 1);
		tally_relayed(source, skb->len);
	}
	return deliver(skb, config, &from, source);
}

SEC("tc/from_sleeve") int from_sleeve(struct __sk_buff *skb)
{
	const struct config *config = read_config();
	if (!config)
		return drop(DROPPED_NOT_READY);
	return bpf_redirect(config->vxlan, BPF_F_INGRESS);
}

/* Anybody can put an address of the tunnel on a plain datagram, but nobody this mark. */
SEC("tc/from_tunnel") int from_tunnel(struct __sk_buff *skb)
{
	skb->mark = OPENED;
	return TC_ACT_OK;
}

/* What an IPv4 header sums up to, its checksum left out or not (RFC 1071). */
static __always_inline __u16 sum_of(const struct iphdr *ip)
{
	const __u16 *words = (const __u16 *)ip;
	__u32 sum = 0;

	for (__u32 i = 0; i < sizeof(*ip) / sizeof(*words); i++)
		sum += words[i];
	sum = (sum & 0xffff) + (sum >> 16);
	return sum + (sum >> 16);
}

/* Of VXLAN, and without a checksum. */
static __always_inline int is_vxlan(const struct udphdr *udp, __be32 flags, __be32 vni)
{
	return udp->dest == htons(FAST_PATH_PORT) && udp->check == 0 && flags == htonl(VXLAN_HAS_VNI) && !(vni & htonl(0xff));
}

/* A datagram of the fast path as kernels send it: in one piece, unharmed, and without a checksum of UDP. */
static __always_inline int is_plain(const struct outer *outer, __u32 bytes)
{
	const struct iphdr *ip = &outer->ip;

	return outer->type == htons(ETH_P_IP) && ip->version == 4 && ip->ihl == 5 && ip->protocol == IPPROTO_UDP &&
	       !(ip->frag_off & htons(~IP_DF)) && ntohs(ip->tot_len) == bytes - ETH_HLEN && sum_of(ip) == 0xffff &&
	       is_vxlan(&outer->udp, outer->flags, outer->vni);
}

static __always_inline int is_plain6(const struct outer6 *outer, __u32 bytes)
{
	const struct ipv6hdr *ip = &outer->ip;

	return outer->type == htons(ETH_P_IPV6) && ip->version == 6 && ip->nexthdr == IPPROTO_UDP &&
	       ntohs(ip->payload_len) == bytes - ETH_HLEN - sizeof(*ip) && is_vxlan(&outer->udp, outer->flags, outer->vni);
}

/* The way to relay what is not for this host, in the name of a member, from an endpoint, over the family that it came by. */
static __always_inline const struct hop *find_relay(const struct config *config, __be32 vni, __u32 from)
{
	__u32 source = ntohl(vni) >> 20, destination = ntohl(vni) >> 8 & 0xfff;
	const struct hop *member = bpf_map_lookup_elem(&weave_hops, &source);
	const struct hop *hop = bpf_map_lookup_elem(&weave_hops, &destination);

	if (destination == FLOOD || destination == config->self || source == 0 || source == config->self)
		return 0;
	if (!member || !member->is_member || !hop || !hop->address || hop->address == from)
		return 0;
	if (is_in_tunnel(from) || is_in_tunnel(hop->address))
		return 0;
	if (is_handle(from) != is_handle(hop->address))
		return 0;
	return bpf_map_lookup_elem(&weave_endpoints, &from) ? hop : 0;
}

/*
 * Whether datagrams for the address end here: this host may route those of others. One that it has no route for counts as its own, as the
 * kernel says the same of both.
 */
static __always_inline int is_own(struct __sk_buff *skb, struct bpf_fib_lookup *way)
{
	return bpf_fib_lookup(skb, way, sizeof(*way), 0) == BPF_FIB_LKUP_RET_NOT_FWDED;
}

static __always_inline int relay_wire(struct __sk_buff *skb)
{
	struct bpf_fib_lookup own = { .family = AF_INET, .ifindex = skb->ifindex };
	struct bpf_fib_lookup way = own;
	const struct config *config;
	const struct hop *hop;
	struct outer outer;
	__u32 from;

	if (bpf_skb_load_bytes(skb, 0, outer.to, OUTER_BYTES) || !is_plain(&outer, skb->len) || outer.ip.ttl <= 1)
		return TC_ACT_UNSPEC;
	config = read_config();
	from = ntohl(outer.ip.saddr);
	own.ipv4_dst = outer.ip.daddr;
	hop = !config || is_handle(from) ? 0 : find_relay(config, outer.vni, from);
	if (!hop || is_reserved(&outer.inner) || !is_own(skb, &own))
		return TC_ACT_UNSPEC;
	way.ipv4_dst = htonl(hop->address);
	if (bpf_fib_lookup(skb, &way, sizeof(way), BPF_FIB_LOOKUP_SRC))
		return TC_ACT_UNSPEC;

	__builtin_memcpy(outer.to, way.dmac, ETH_ALEN);
	__builtin_memcpy(outer.from, way.smac, ETH_ALEN);
	outer.ip.saddr = way.ipv4_src;
	outer.ip.daddr = htonl(hop->address);
	outer.ip.ttl -= 1;
	outer.ip.check = 0;
	outer.ip.check = ~sum_of(&outer.ip);
	if (bpf_skb_store_bytes(skb, 0, outer.to, ETH_HLEN + sizeof(outer.ip), 0))
		return drop(DROPPED_ROUTE);
	tally(RELAYED);
	tally_relayed(ntohl(outer.vni) >> 20, skb->len - AROUND_BYTES);
	return bpf_redirect(way.ifindex, 0);
}

static __always_inline int relay_wire6(struct __sk_buff *skb)
{
	struct bpf_fib_lookup own = { .family = AF_INET6, .ifindex = skb->ifindex };
	struct bpf_fib_lookup way = own;
	const struct address6 *address;
	const struct config *config;
	const struct hop *hop = 0;
	const __u32 *from;
	struct outer6 outer;
	__u32 next;

	if (bpf_skb_load_bytes(skb, 0, outer.to, OUTER6_BYTES) || !is_plain6(&outer, skb->len) || outer.ip.hop_limit <= 1)
		return TC_ACT_UNSPEC;
	config = read_config();
	from = bpf_map_lookup_elem(&weave_handles, &outer.ip.saddr);
	if (config && from)
		hop = find_relay(config, outer.vni, *from);
	__builtin_memcpy(own.ipv6_dst, &outer.ip.daddr, sizeof(own.ipv6_dst));
	if (!hop || is_reserved(&outer.inner) || !is_own(skb, &own))
		return TC_ACT_UNSPEC;
	next = hop->address;
	address = bpf_map_lookup_elem(&weave_addresses, &next);
	if (!address)
		return TC_ACT_UNSPEC;
	__builtin_memcpy(way.ipv6_dst, address->words, sizeof(way.ipv6_dst));
	if (bpf_fib_lookup(skb, &way, sizeof(way), BPF_FIB_LOOKUP_SRC))
		return TC_ACT_UNSPEC;

	__builtin_memcpy(outer.to, way.dmac, ETH_ALEN);
	__builtin_memcpy(outer.from, way.smac, ETH_ALEN);
	__builtin_memcpy(&outer.ip.saddr, way.ipv6_src, sizeof(outer.ip.saddr));
	__builtin_memcpy(&outer.ip.daddr, address->words, sizeof(outer.ip.daddr));
	outer.ip.hop_limit -= 1;
	/* No checksum of the header makes up for what changes in it, so the sum that a device has given of the datagram is corrected. */
	if (bpf_skb_store_bytes(skb, 0, outer.to, ETH_HLEN, 0) ||
	    bpf_skb_store_bytes(skb, ETH_HLEN, &outer.ip, sizeof(outer.ip), BPF_F_RECOMPUTE_CSUM))
		return drop(DROPPED_ROUTE);
	tally(RELAYED);
	tally_relayed(ntohl(outer.vni) >> 20, skb->len - AROUND6_BYTES);
	return bpf_redirect(way.ifindex, 0);
}

/*
 * The short cut of relays, on the devices of the underlay, in front of the IP stack: only addresses, hop limit and checksum change, and
 * the frame is not taken out. Whatever is not surely to be relayed, or goes on over the other family, is left to the stack, and so to
 * `from_underlay`, which judges, counts and drops; likewise where this host does not forward, or has no neighbour yet.
 */
SEC("tc/from_wire") int from_wire(struct __sk_buff *skb)
{
	if (skb->pkt_type != PACKET_HOST || skb->vlan_present)
		return TC_ACT_UNSPEC;
	if (skb->protocol == htons(ETH_P_IP))
		return relay_wire(skb);
	if (skb->protocol == htons(ETH_P_IPV6))
		return relay_wire6(skb);
	return TC_ACT_UNSPEC;
}

char license_text[] SEC("license") = "Dual MIT/GPL";
