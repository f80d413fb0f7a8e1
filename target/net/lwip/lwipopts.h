/* lwIP 2.1.3 as this firmware uses it: IPv4, TCP through the raw API, no OS, memory from pools. */
#ifndef AWT_LWIPOPTS_H
#define AWT_LWIPOPTS_H

#include "aw/inet_sum.h"

#include "net_config.h"

#define NO_SYS                    1
#define SYS_LIGHTWEIGHT_PROT      0 /* nothing runs in interrupts */
#define LWIP_SOCKET               0
#define LWIP_NETCONN              0
#define LWIP_STATS                0
#define LWIP_IPV4                 1
#define LWIP_IPV6                 0
#define LWIP_ARP                  1
#define LWIP_ICMP                 1 /* ping tells whether a board is there */
#define LWIP_RAW                  0
#define LWIP_UDP                  AWT_NET_DHCP
#define LWIP_DHCP                 AWT_NET_DHCP
#define LWIP_TCP                  1
#define LWIP_TCP_KEEPALIVE        1
#define LWIP_SINGLE_NETIF         1
#define LWIP_NETIF_TX_SINGLE_PBUF 0
#define IP_REASSEMBLY             0
#define IP_FRAG                   0

/* The IP header is at a multiple of four. */
#define ETH_PAD_SIZE  2
#define MEM_ALIGNMENT 8

/* Every byte of an upload is summed; lwIP's own sum takes them two by two. The MAC could do it, but
 * not the emulated one, which only sums what it sends. */
#define LWIP_CHKSUM(bytes, n) aw_inet_sum((bytes), (uint32_t)(n))

/* One connection, one that is being refused, and those that linger. */
#define MEMP_NUM_TCP_PCB        6
#define MEMP_NUM_TCP_PCB_LISTEN 1
#define TCP_LISTEN_BACKLOG      1
#define TCP_MSS                 1460
#define TCP_WND                 (40 * TCP_MSS) /* below 64 KiB: no window scaling */
#define TCP_SND_BUF             (16 * TCP_MSS)
#define TCP_SND_QUEUELEN        64
#define MEMP_NUM_TCP_SEG        64
#define TCP_QUEUE_OOSEQ         1
#define MEM_SIZE                (64 * 1024) /* copies of what is being sent */
/* A whole window, in frames that may be short. */
#define PBUF_POOL_SIZE    96
#define PBUF_POOL_BUFSIZE LWIP_MEM_ALIGN_SIZE(1514 + ETH_PAD_SIZE)

#endif
