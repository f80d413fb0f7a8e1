#include "devices/link.h"

void awh_link_close(struct awh_link *link)
{
    if (link->ops)
        link->ops->close(link->self);
    *link = (struct awh_link){0};
}
