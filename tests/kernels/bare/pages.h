/* Starts the MPU; every mapping's protected page is unreadable from then on. */
#ifndef BARE_PAGES_H
#define BARE_PAGES_H

void pages_init(void);

#endif
