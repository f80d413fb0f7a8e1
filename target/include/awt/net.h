/* TCP on bare metal: lwIP's raw API over the Ethernet of a board. One connection at a time; the
 * same session as on a serial line.
 *
 * Boards that define AWT_NET in board_config.h provide awb_ethernet_*. */
#ifndef AWT_NET_H
#define AWT_NET_H

#include <stdbool.h>
#include <stdint.h>

#include "awt/stream.h"

/* Frames of at most this many bytes, without the check sequence. */
#define AWB_ETHERNET_FRAME_BYTES 1514u

/* Starts MAC and PHY. */
void awb_ethernet_start(const uint8_t mac[6]);
/* True while there is a link; asked a few times a second. */
bool awb_ethernet_link(void);
/* The next received frame, borrowed until awb_ethernet_drop(); NULL: none. */
const uint8_t *awb_ethernet_peek(uint32_t *bytes_out);
void awb_ethernet_drop(void);
/* Lets a frame that arrives from now on end the board's sleep; true when one is there already. */
bool awb_ethernet_arm(void);
/* Room for one frame to send; NULL while all room is under way. */
uint8_t *awb_ethernet_room(void);
/* Sends the first n bytes of that room. */
void awb_ethernet_send(uint32_t n);

/* `patient`: an emulator's clock leaps while the board idles, so silence says nothing about a host.
 */
void awt_net_start(bool patient);
/* Lets time pass and frames in; call it whenever the runtime is idle. */
void awt_net_poll(void);
/* Closes the connection once what was written has arrived, or a short while has passed. */
void awt_net_stop(void);
/* "192.168.1.10:7000"; "" while there is no address. Static storage. */
const char *awt_net_address(void);

extern const struct awt_stream awt_net_stream;

#endif
