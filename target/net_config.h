/* The knobs of TCP on boards with Ethernet (AWT_NET in board_config.h), apart from config.h because
 * lwIP's own options (net/lwip/lwipopts.h) follow from some of them.
 *
 * The build passes the address and the like: cmake -DAWB_NET_ADDRESS=192.168.1.10/24
 * -DAWB_NET_GATEWAY=... -DAWB_NET_MAC=... -DAWB_NET_DHCP=ON. The defaults are those of QEMU's user
 * networking. */
#ifndef AWT_NET_CONFIG_H
#define AWT_NET_CONFIG_H

#ifndef AWT_NET_DHCP
#define AWT_NET_DHCP 0
#endif
#ifndef AWT_NET_ADDRESS
#define AWT_NET_ADDRESS 10, 0, 2, 15
#define AWT_NET_PREFIX  24
#endif
_Static_assert(AWT_NET_PREFIX >= 0 && AWT_NET_PREFIX <= 32, "bits of an IPv4 address");
#ifndef AWT_NET_GATEWAY
#define AWT_NET_GATEWAY 10, 0, 2, 2
#endif
/* Locally administered; two boards on one network need two. */
#ifndef AWT_NET_MAC
#define AWT_NET_MAC 0x02, 0x61, 0x77, 0x6e, 0x61, 0x73
#endif
#ifndef AWT_NET_PORT
#define AWT_NET_PORT 7000
#endif
_Static_assert(AWT_NET_PORT >= 1 && AWT_NET_PORT <= 65535, "a TCP port");
/* Pause between two looks at the PHY, each some 100 us. */
#define AWT_NET_LINK_MS 250u
/* Silence after which a connection is asked whether it lives, four times at quarters of it. */
#define AWT_NET_KEEP_IDLE_MS 10000u
/* A host that takes nothing for so long is gone. */
#define AWT_NET_WRITE_LIMIT_MS 10000u
/* For the last reply before a restart. */
#define AWT_NET_STOP_MS 200u

#endif
