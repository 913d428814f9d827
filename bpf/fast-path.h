/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What the programs of the fast path share: limits, layouts of map values, and the maps themselves. The agent reads the sizes
 * from the object's section `maps`, and the layouts are mirrored in src/agent/fastpath/map-values.ts, with a test that compares.
 */
#ifndef WEAVE_FAST_PATH_H
#define WEAVE_FAST_PATH_H

#include <linux/bpf.h>
#include <linux/errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <linux/udp.h>

/* Helpers of the kernel by their numbers in linux/bpf.h, as far as they are used. */
static void *(*bpf_map_lookup_elem)(void *map, const void *key) = (void *)BPF_FUNC_map_lookup_elem;
static long (*bpf_map_update_elem)(void *map, const void *key, const void *value, __u64 flags) =
	(void *)BPF_FUNC_map_update_elem;
static __u64 (*bpf_ktime_get_ns)(void) = (void *)BPF_FUNC_ktime_get_ns;
static long (*bpf_skb_load_bytes)(const void *skb, __u32 at, void *to, __u32 length) = (void *)BPF_FUNC_skb_load_bytes;
static long (*bpf_skb_store_bytes)(struct __sk_buff *skb, __u32 at, const void *from, __u32 length, __u64 flags) =
	(void *)BPF_FUNC_skb_store_bytes;
static long (*bpf_clone_redirect)(struct __sk_buff *skb, __u32 device, __u64 flags) = (void *)BPF_FUNC_clone_redirect;
static long (*bpf_redirect)(__u32 device, __u64 flags) = (void *)BPF_FUNC_redirect;
static long (*bpf_skb_get_tunnel_key)(struct __sk_buff *skb, struct bpf_tunnel_key *key, __u32 size, __u64 flags) =
	(void *)BPF_FUNC_skb_get_tunnel_key;
static long (*bpf_skb_set_tunnel_key)(struct __sk_buff *skb, struct bpf_tunnel_key *key, __u32 size, __u64 flags) =
	(void *)BPF_FUNC_skb_set_tunnel_key;
static long (*bpf_fib_lookup)(void *context, struct bpf_fib_lookup *way, int size, __u32 flags) =
	(void *)BPF_FUNC_fib_lookup;

/* The object is for little-endian machines. */
#define htons(value) __builtin_bswap16(value)
#define ntohs(value) __builtin_bswap16(value)
#define htonl(value) __builtin_bswap32(value)
#define ntohl(value) __builtin_bswap32(value)

#define SEC(name) __attribute__((section(name), used))
#undef __always_inline
#define __always_inline inline __attribute__((always_inline))

#define PEERS 4096 /* short ids are 12 bits; 0 is nobody */
#define MACS_MAX 65536
#define ENDPOINTS_MAX 16384
#define CHILDREN_MAX 256

#define SOURCE_TTL 64
#define SECOND 1000000000ULL
/* Weave row PEER-13. */
#define MAC_AGE (600 * SECOND)
/* A MAC stays with the peer that it was seen behind for as long after the last frame from there. */
#define MAC_HOLD (2 * SECOND)
/*
 * Behind the sleeve for less: while a peer changes to the fast path, its last frames by the sleeve may come after the first sign that
 * it is there, and what is for it would go to a sleeve that has it no more.
 */
#define MAC_HOLD_SLEEVE (SECOND / 10)
/* How often a MAC's time is written: writing it for each frame would have the processors fight for it. */
#define MAC_REFRESH (SECOND / 4)

/* Owner of a MAC that the sleeve brought: the agent knows behind which peer. */
#define SLEEVE 0
#define FLOOD 0
/* Tells the egress program that the frame has its tunnel key. */
#define ADDRESSED 0x77656176

/*
 * In the tunnel id of all that this host sends, above the 24 bits that get onto the wire. So what the kernel gives back in the place of a
 * frame, as it is too large for the path, is told from what comes from there.
 */
#define SENT_BY_US 0x01000000

#define PUNT_FLOODS 1

#define AF_INET 2
#define AF_INET6 10
#define IP_DF 0x4000
#define FAST_PATH_PORT 6784 /* src/contract/ports.ts */
#define VXLAN_HAS_VNI 0x08000000

/* Addresses within weave-wg: src/core/mesh/tunnel-address.ts. VXLAN between them is taken with the mark of what weave-wg has opened. */
#define TUNNEL_NETWORK 0xa9fe6000
#define TUNNEL_MASK 0xfffff000
#define OPENED 0x77656177

/* Handles: src/agent/fastpath/handles.ts. 127.0.0.0/8 is on no wire, and what is sent there by mistake leaves no host. */
#define HANDLE_NETWORK 0x7f000000
#define HANDLE_MASK 0xff000000

/* A group address that no bridge passes on (IEEE 802.1Q table 8-1), with the second local experimental Ethertype. */
#define PROBE_MAC_LAST 0x0f
#define PROBE_ETHERTYPE 0xb688 /* 0x88b6 on the wire, read by a little-endian machine */
#define PROBE_KIND_AT 14
#define PROBE_NONCE_AT 16
#define PROBE_BYTES 20
#define QUESTION 1
#define ANSWER 2

/* Of `counters`, in the order of COUNTER_NAMES in src/agent/fastpath/map-values.ts. */
enum counter {
	SENT,
	DELIVERED,
	RELAYED,
	FLOODED,
	PUNTED,
	FROM_SLEEVE,
	PROBES_ANSWERED,
	MACS_MOVED,
	MACS_HELD,
	DROPPED_SHORT,
	DROPPED_NOT_READY,
	DROPPED_RESERVED,
	DROPPED_LOCAL,
	DROPPED_UNDERLAY,
	DROPPED_ENDPOINT,
	DROPPED_SOURCE,
	DROPPED_PROBE,
	DROPPED_SPOOFED,
	DROPPED_TREE,
	DROPPED_ROUTE,
	DROPPED_TTL,
	COUNTERS,
};

struct config {
	__u32 self;
	__u32 tap;   /* ifindex; 0: there is no sleeve */
	__u32 vxlan; /* ifindex */
	__u32 flags;
	__u32 generation; /* MACs of the sleeve that were learnt under another are unknown */
};

struct mac {
	__u8 bytes[6];
	__u8 zero[2];
};

struct owner {
	__u32 peer;
	__u32 generation;
	__u64 seen_at;
};

/* An address of IPv6, as it stands on the wire. */
struct address6 {
	__u32 words[4];
};

/*
 * By peer. Addresses, here and in all that follows, are in host byte order, as in `struct bpf_tunnel_key`. They are of IPv4; one of IPv6
 * is stood in for by a handle, which `weave_addresses` and `weave_handles` translate.
 */
struct hop {
	__u32 address; /* of the next hop; 0: not on the fast path */
	__u32 is_member;
};

/* By source. */
struct tree {
	__u32 parent; /* the peer that floods of the source come from; 0 when this router is the source */
	__u32 count;
	__u32 children[CHILDREN_MAX]; /* addresses */
};

/* How a datagram of VXLAN begins on the wire, up to the receiver of the frame that it holds. */
struct outer {
	__u8 align[2];
	__u8 to[ETH_ALEN];
	__u8 from[ETH_ALEN];
	__be16 type;
	struct iphdr ip;
	struct udphdr udp;
	__be32 flags;
	__be32 vni;
	struct mac inner;
};
#define OUTER_BYTES (sizeof(struct outer) - 2)
#define AROUND_BYTES (OUTER_BYTES - sizeof(struct mac))

/* The same over IPv6. */
struct outer6 {
	__u8 align[2];
	__u8 to[ETH_ALEN];
	__u8 from[ETH_ALEN];
	__be16 type;
	struct ipv6hdr ip;
	struct udphdr udp;
	__be32 flags;
	__be32 vni;
	struct mac inner;
};
#define OUTER6_BYTES (sizeof(struct outer6) - 2)
#define AROUND6_BYTES (OUTER6_BYTES - sizeof(struct mac))

struct answer {
	__u32 nonce;
	__u32 address;
	__u64 at;
};

struct traffic {
	__u64 frames_sent;
	__u64 bytes_sent;
	__u64 frames_received;
	__u64 bytes_received;
};

struct load {
	__u64 frames;
	__u64 bytes;
};

/* The agent's own loader makes the maps from these. */
struct map_definition {
	__u32 type;
	__u32 key_size;
	__u32 value_size;
	__u32 max_entries;
	__u32 flags;
};

#define MAP(name, kind, key, value, max, map_flags)                                                                          \
	struct map_definition name SEC("maps") = {                                                                           \
		.type = kind,                                                                                                \
		.key_size = sizeof(key),                                                                                     \
		.value_size = sizeof(value),                                                                                 \
		.max_entries = max,                                                                                          \
		.flags = map_flags,                                                                                          \
	}

MAP(weave_config, BPF_MAP_TYPE_ARRAY, __u32, struct config, 1, 0);
/* Full, it forgets what was used longest ago: a flood of addresses costs floods of frames, and nothing else. */
MAP(weave_macs, BPF_MAP_TYPE_LRU_HASH, struct mac, struct owner, MACS_MAX, 0);
MAP(weave_hops, BPF_MAP_TYPE_ARRAY, __u32, struct hop, PEERS, 0);
MAP(weave_trees, BPF_MAP_TYPE_HASH, __u32, struct tree, PEERS, BPF_F_NO_PREALLOC);
/* Outer source address to peer. */
MAP(weave_endpoints, BPF_MAP_TYPE_HASH, __u32, __u32, ENDPOINTS_MAX, BPF_F_NO_PREALLOC);
/* Both are empty where the underlay is of IPv4 only. */
MAP(weave_addresses, BPF_MAP_TYPE_HASH, __u32, struct address6, ENDPOINTS_MAX, BPF_F_NO_PREALLOC);
MAP(weave_handles, BPF_MAP_TYPE_HASH, struct address6, __u32, ENDPOINTS_MAX, BPF_F_NO_PREALLOC);
/* By peer, the last in the clear. */
MAP(weave_answers, BPF_MAP_TYPE_ARRAY, __u32, struct answer, PEERS, 0);
/* The last inside the tunnel: both ways are asked at a time. Beside the other, as weave_relayed is and for the same reason. */
MAP(weave_sealed, BPF_MAP_TYPE_ARRAY, __u32, struct answer, PEERS, 0);
/* By the peer at the other end; what is flooded from here is that of FLOOD. */
MAP(weave_traffic, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct traffic, PEERS, 0);
/* What was passed on for a source. Beside the other, so that an agent of an earlier release leaves a map that this one takes over. */
MAP(weave_relayed, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct load, PEERS, 0);
MAP(weave_counters, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, __u64, COUNTERS, 0);

#endif
