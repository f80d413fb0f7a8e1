#include "awt/net.h"

#include "lwip/dhcp.h"
#include "lwip/etharp.h"
#include "lwip/init.h"
#include "lwip/ip4_addr.h"
#include "lwip/netif.h"
#include "lwip/tcp.h"
#include "lwip/sys.h"
#include "lwip/timeouts.h"
#include "netif/ethernet.h"

#include "aw/mem.h"
#include "aw/size.h"
#include "awt/hal.h"

#include "../net_config.h"

static struct netif netif;
static uint32_t link_asked_ms;
static bool be_patient;

static struct {
    struct tcp_pcb *pcb;   /* NULL: nobody is connected */
    struct pbuf *received; /* not read yet; the first `at` bytes of its head are */
    uint16_t at;
    bool ended; /* the peer sends no more */
    uint32_t number;
} peer;

uint32_t sys_now(void)
{
    return awb_millis();
}

/* Transaction numbers of DHCP: they need to differ between boards, not to be secret. */
uint32_t awt_net_random(void)
{
    static uint32_t state;
    static const uint8_t mac[6] = {AWT_NET_MAC};
    state = state * 1664525u + (uint32_t)awb_ticks() + mac[4] * 65536u + mac[5];
    return state ^ state >> 16;
}

/* -- Ethernet ---------------------------------------------------------------------------- */

static err_t send_frame(struct netif *from, struct pbuf *frame)
{
    (void)from;
    uint8_t *room = awb_ethernet_room();
    uint32_t bytes = frame->tot_len - ETH_PAD_SIZE;
    if (!room || bytes > AWB_ETHERNET_FRAME_BYTES)
        return ERR_IF; /* TCP sends it again */
    pbuf_copy_partial(frame, room, (uint16_t)bytes, ETH_PAD_SIZE);
    awb_ethernet_send(bytes);
    return ERR_OK;
}

static void receive_frames(void)
{
    const uint8_t *frame;
    uint32_t bytes;
    while ((frame = awb_ethernet_peek(&bytes)) != NULL) {
        struct pbuf *copy = NULL;
        if (bytes <= AWB_ETHERNET_FRAME_BYTES)
            copy = pbuf_alloc(PBUF_RAW, (uint16_t)(bytes + ETH_PAD_SIZE), PBUF_POOL);
        if (copy && (pbuf_take_at(copy, frame, (uint16_t)bytes, ETH_PAD_SIZE) != ERR_OK ||
                     netif.input(copy, &netif) != ERR_OK))
            pbuf_free(copy);
        awb_ethernet_drop();
    }
}

static err_t start_netif(struct netif *it)
{
    static const uint8_t mac[6] = {AWT_NET_MAC};
    it->name[0] = 'e';
    it->name[1] = '0';
    it->mtu = 1500;
    it->hwaddr_len = sizeof mac;
    for (uint32_t i = 0; i < sizeof mac; i++)
        it->hwaddr[i] = mac[i];
    it->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET;
    it->output = etharp_output;
    it->linkoutput = send_frame;
    awb_ethernet_start(mac);
    return ERR_OK;
}

static void follow_link(void)
{
    uint32_t now_ms = awb_millis();
    if (now_ms - link_asked_ms < AWT_NET_LINK_MS)
        return;
    link_asked_ms = now_ms;
    bool up = awb_ethernet_link();
    if (up && !netif_is_link_up(&netif))
        netif_set_link_up(&netif);
    else if (!up && netif_is_link_up(&netif))
        netif_set_link_down(&netif);
}

void awt_net_poll(void)
{
    follow_link();
    receive_frames();
    sys_check_timeouts();
}

const char *awt_net_address(void)
{
    static char text[24];
    if (ip4_addr_isany_val(*netif_ip4_addr(&netif)))
        return "";
    ip4addr_ntoa_r(netif_ip4_addr(&netif), text, sizeof text);
    uint32_t n = 0, divisor = 10000;
    while (text[n])
        n++;
    text[n++] = ':';
    while (divisor > AWT_NET_PORT)
        divisor /= 10;
    for (; divisor > 0; divisor /= 10)
        text[n++] = (char)('0' + AWT_NET_PORT / divisor % 10);
    text[n] = '\0';
    return text;
}

/* -- TCP --------------------------------------------------------------------------------- */

static void forget_peer(void)
{
    if (peer.received)
        pbuf_free(peer.received);
    peer.received = NULL;
    peer.at = 0;
    peer.ended = false;
    peer.pcb = NULL;
}

/* lwIP has freed the connection already. */
static void on_error(void *argument, err_t error)
{
    (void)argument, (void)error;
    forget_peer();
}

static void hang_up(void)
{
    struct tcp_pcb *pcb = peer.pcb;
    forget_peer();
    if (!pcb)
        return;
    tcp_arg(pcb, NULL);
    tcp_recv(pcb, NULL);
    tcp_err(pcb, NULL);
    if (tcp_close(pcb) != ERR_OK)
        tcp_abort(pcb);
}

static err_t on_received(void *argument, struct tcp_pcb *pcb, struct pbuf *data, err_t error)
{
    (void)argument, (void)pcb;
    if (error != ERR_OK || !data) {
        if (data)
            pbuf_free(data);
        peer.ended = true;
        return ERR_OK;
    }
    if (peer.received)
        pbuf_cat(peer.received, data);
    else
        peer.received = data;
    return ERR_OK;
}

static err_t on_accept(void *argument, struct tcp_pcb *pcb, err_t error)
{
    (void)argument;
    if (error != ERR_OK || !pcb)
        return ERR_VAL;
    if (peer.pcb && !peer.ended) {
        tcp_abort(pcb);
        return ERR_ABRT;
    }
    hang_up();
    peer.pcb = pcb;
    peer.number++;
    tcp_recv(pcb, on_received);
    tcp_err(pcb, on_error);
    tcp_nagle_disable(pcb);
    /* A host that vanished without a word must not keep the board from the next one. */
    if (!be_patient)
        ip_set_option(pcb, SOF_KEEPALIVE);
    pcb->keep_idle = AWT_NET_KEEP_IDLE_MS;
    pcb->keep_intvl = AWT_NET_KEEP_IDLE_MS / 4u;
    pcb->keep_cnt = 4;
    return ERR_OK;
}

static void listen_for_hosts(void)
{
    struct tcp_pcb *pcb = tcp_new_ip_type(IPADDR_TYPE_V4);
    if (!pcb || tcp_bind(pcb, IP4_ADDR_ANY, AWT_NET_PORT) != ERR_OK)
        __builtin_trap(); /* the first connection block of a fresh pool */
    pcb = tcp_listen_with_backlog(pcb, 1);
    if (!pcb)
        __builtin_trap();
    tcp_accept(pcb, on_accept);
}

void awt_net_start(bool patient)
{
    be_patient = patient;
    static const uint8_t address[4] = {AWT_NET_ADDRESS}, gateway[4] = {AWT_NET_GATEWAY};
    ip4_addr_t ip, mask, router;
    IP4_ADDR(&ip, address[0], address[1], address[2], address[3]);
    IP4_ADDR(&router, gateway[0], gateway[1], gateway[2], gateway[3]);
    mask.addr = lwip_htonl(AWT_NET_PREFIX == 0 ? 0 : UINT32_MAX << (32 - AWT_NET_PREFIX));
    if (AWT_NET_DHCP) {
        ip4_addr_set_zero(&ip);
        ip4_addr_set_zero(&mask);
        ip4_addr_set_zero(&router);
    }
    lwip_init();
    netif_add(&netif, &ip, &mask, &router, NULL, start_netif, ethernet_input);
    netif_set_default(&netif);
    netif_set_up(&netif);
    link_asked_ms = awb_millis() - AWT_NET_LINK_MS;
    listen_for_hosts();
#if AWT_NET_DHCP
    if (dhcp_start(&netif) != ERR_OK)
        __builtin_trap();
#endif
}

/* What was sent last still reaches the host. */
void awt_net_stop(void)
{
    uint32_t start_ms = awb_millis();
    if (peer.pcb)
        tcp_output(peer.pcb);
    while (peer.pcb && (peer.pcb->unsent || peer.pcb->unacked) &&
           awb_millis() - start_ms < AWT_NET_STOP_MS) {
        awb_wait();
        awt_net_poll();
    }
    hang_up();
}

/* -- the stream -------------------------------------------------------------------------- */

static uint32_t stream_read(uint8_t *bytes, uint32_t capacity)
{
    uint32_t n = 0;
    while (n < capacity && peer.received) {
        struct pbuf *head = peer.received;
        uint32_t take = aw_min_u32(capacity - n, (uint32_t)head->len - peer.at);
        memcpy(bytes + n, (const uint8_t *)head->payload + peer.at, take);
        n += take;
        peer.at = (uint16_t)(peer.at + take);
        if (peer.at == head->len) {
            peer.received = pbuf_free_header(head, head->len);
            peer.at = 0;
        }
    }
    if (n > 0 && peer.pcb)
        tcp_recved(peer.pcb, (uint16_t)n);
    if (n == 0 && peer.ended)
        hang_up();
    return n;
}

/* Callbacks during the waiting may find that the peer is gone. */
static void stream_write(const uint8_t *bytes, uint32_t n)
{
    uint32_t start_ms = awb_millis();
    while (n > 0 && peer.pcb) {
        uint32_t take = aw_min_u32(n, tcp_sndbuf(peer.pcb));
        if (take > 0 && tcp_write(peer.pcb, bytes, (uint16_t)take, TCP_WRITE_FLAG_COPY) == ERR_OK) {
            bytes += take;
            n -= take;
            continue;
        }
        tcp_output(peer.pcb);
        awb_wait();
        awt_net_poll();
        if (!be_patient && awb_millis() - start_ms > AWT_NET_WRITE_LIMIT_MS)
            hang_up(); /* a host that does not read is gone */
    }
}

static void stream_flush(void)
{
    if (peer.pcb)
        tcp_output(peer.pcb);
}

static uint32_t stream_connection(void)
{
    return peer.number;
}

const struct awt_stream awt_net_stream = {
    .read = stream_read,
    .write = stream_write,
    .flush = stream_flush,
    .connection = stream_connection,
    .shared = true,
};
