#include "readers/records.h"

#include <stdlib.h>
#include <string.h>

#include <yajl/yajl_parse.h>

#include "base/mem.h"
#include "readers/lines.h"
#include "readers/text.h"

#define PATH_MAX_BYTES 256u
/* yajl keeps what it has of an unfinished string or number. */
#define TOKEN_MAX_BYTES ((size_t)4 << 20)

struct level {
    size_t path_size; /* of the path of what holds the items */
    bool path_fits;
    bool is_array;
    uint32_t index; /* of the next item of an array */
};

struct field_place { /* offsets: the text may move while it grows */
    size_t path, text;
    bool is_number;
    double number;
};

struct parser {
    struct awh_lines lines;
    enum aw_err (*on_record)(void *context, const struct awh_record *record);
    void *context;
    enum aw_err err; /* of a callback */

    struct level levels[AWH_RECORD_DEPTH_MAX]; /* levels[0]: the list */
    unsigned depth;
    bool ended; /* the list is closed */
    size_t path_size;
    char path[PATH_MAX_BYTES];
    bool path_fits;
    size_t quiet_bytes; /* since the last event */

    uint32_t record_line;
    struct field_place *places;
    size_t count, capacity;
    char *text;
    size_t text_size, text_capacity;
    struct awh_field *fields;
    size_t field_capacity;
};

/* -- fields -------------------------------------------------------------------------------------
 */

const struct awh_field *awh_record_find(const struct awh_record *record, const char *path)
{
    for (size_t i = 0; i < record->count; i++)
        if (strcmp(record->fields[i].path, path) == 0)
            return &record->fields[i];
    return NULL;
}

const char *awh_record_text(const struct awh_record *record, const char *path)
{
    const struct awh_field *field = awh_record_find(record, path);
    return field == NULL ? NULL : field->text;
}

bool awh_record_number(const struct awh_record *record, const char *path, double *out)
{
    const struct awh_field *field = awh_record_find(record, path);
    if (field == NULL || !field->is_number)
        return false;
    *out = field->number;
    return true;
}

static bool append_text(struct parser *p, const char *text, size_t size, size_t *offset)
{
    char *grown = awh_grow(p->text, &p->text_capacity, p->text_size + size + 1, 1);
    if (grown == NULL) {
        p->err = awh_fail_mem(p->lines.diag);
        return false;
    }
    p->text = grown;
    *offset = p->text_size;
    memcpy(p->text + p->text_size, text, size);
    p->text[p->text_size + size] = '\0';
    awh_blank_zeros(p->text + p->text_size, size);
    p->text_size += size + 1;
    return true;
}

static bool add_field(struct parser *p, const char *text, size_t size, bool is_number)
{
    struct field_place place = {.is_number = false};
    if (p->depth < 2 || !p->path_fits || p->count == AWH_RECORD_FIELDS_MAX ||
        p->text_size + p->path_size + size + 2 > AWH_RECORD_BYTES_MAX)
        return true;
    struct field_place *places = awh_grow(p->places, &p->capacity, p->count + 1, sizeof(*places));
    if (places == NULL) {
        p->err = awh_fail_mem(p->lines.diag);
        return false;
    }
    p->places = places;
    if (!append_text(p, p->path, p->path_size, &place.path) ||
        !append_text(p, text, size, &place.text))
        return false;
    place.is_number = is_number && awh_is_number(p->text + place.text, NULL, &place.number);
    p->places[p->count++] = place;
    return true;
}

static bool give_record(struct parser *p)
{
    struct awh_field *fields =
        awh_grow(p->fields, &p->field_capacity, p->count + 1, sizeof(*fields));
    if (fields == NULL) {
        p->err = awh_fail_mem(p->lines.diag);
        return false;
    }
    p->fields = fields;
    for (size_t i = 0; i < p->count; i++)
        fields[i] = (struct awh_field){.path = p->text + p->places[i].path,
                                       .text = p->text + p->places[i].text,
                                       .is_number = p->places[i].is_number,
                                       .number = p->places[i].number};
    const struct awh_record record = {.fields = fields, .count = p->count, .line = p->record_line};
    p->err = p->on_record(p->context, &record);
    return p->err == AW_OK;
}

/* -- events -------------------------------------------------------------------------------------
 */

static void append_path(struct parser *p, const char *text, size_t size)
{
    if (p->path_size + size > PATH_MAX_BYTES) {
        p->path_fits = false;
        return;
    }
    memcpy(p->path + p->path_size, text, size);
    p->path_size += size;
}

/* Items of an array have no key: theirs is their number. */
static void begin_item(struct parser *p)
{
    char index[16];
    p->quiet_bytes = 0;
    if (p->depth < 2 || !p->levels[p->depth - 1].is_array)
        return;
    struct level *level = &p->levels[p->depth - 1];
    p->path_size = level->path_size;
    p->path_fits = level->path_fits;
    int size = snprintf(index, sizeof(index), "[%u]", (unsigned)level->index++);
    append_path(p, index, (size_t)size);
}

static bool open_level(struct parser *p, bool is_array)
{
    begin_item(p);
    if (p->depth == AWH_RECORD_DEPTH_MAX) {
        p->err = awh_lines_fail(&p->lines, AW_ERR_FORMAT, "nested deeper than %u levels",
                                AWH_RECORD_DEPTH_MAX);
        return false;
    }
    if (p->depth == 1) {
        p->record_line = p->lines.number;
        p->count = p->text_size = 0;
        p->path_size = 0;
        p->path_fits = true;
    }
    p->levels[p->depth++] =
        (struct level){.path_size = p->path_size, .path_fits = p->path_fits, .is_array = is_array};
    return true;
}

static int on_null(void *context)
{
    begin_item(context);
    return 1;
}

static int on_boolean(void *context, int value)
{
    begin_item(context);
    return add_field(context, value ? "true" : "false", value ? 4 : 5, false);
}

static int on_number(void *context, const char *text, size_t size)
{
    begin_item(context);
    return add_field(context, text, size, true);
}

static int on_string(void *context, const unsigned char *text, size_t size)
{
    begin_item(context);
    return add_field(context, (const char *)text, size, false);
}

static int on_start_map(void *context)
{
    return open_level(context, false);
}

static int on_start_array(void *context)
{
    return open_level(context, true);
}

static int on_map_key(void *context, const unsigned char *text, size_t size)
{
    struct parser *p = context;
    p->quiet_bytes = 0;
    if (p->depth < 2)
        return 1;
    p->path_size = p->levels[p->depth - 1].path_size;
    p->path_fits = p->levels[p->depth - 1].path_fits;
    if (p->depth > 2)
        append_path(p, ".", 1);
    append_path(p, (const char *)text, size);
    return 1;
}

static int on_end(void *context)
{
    struct parser *p = context;
    p->quiet_bytes = 0;
    p->depth--;
    if (p->depth == 0)
        p->ended = true;
    else if (p->depth == 1)
        return p->levels[1].is_array || give_record(p);
    return 1;
}

static const yajl_callbacks callbacks = {
    .yajl_null = on_null,
    .yajl_boolean = on_boolean,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_start_map = on_start_map,
    .yajl_map_key = on_map_key,
    .yajl_end_map = on_end,
    .yajl_start_array = on_start_array,
    .yajl_end_array = on_end,
};

/* -- the stream ---------------------------------------------------------------------------------
 */

/* Length of the number that an editor showed before a line, with the blanks around it; 0: there is
 * none.
 */
static size_t line_number_size(const char *text, size_t size)
{
    size_t at = 0, digits;
    while (at < size && (text[at] == ' ' || text[at] == '\t'))
        at++;
    for (digits = 0; at < size && text[at] >= '0' && text[at] <= '9'; digits++)
        at++;
    size_t blanks = at;
    while (at < size && (text[at] == ' ' || text[at] == '\t'))
        at++;
    bool parted = at > blanks || (at < size && strchr("\r\n", text[at]) != NULL);
    return digits > 0 && digits < 10 && parted ? at : 0;
}

/* Such a number before the first line means one before each. No list begins with a number. */
static char first_letter(const char *text, size_t size, bool *numbered)
{
    size_t begin = 0;
    while (begin < size && strchr(" \t\r\n", text[begin]) != NULL && text[begin] != '\0')
        begin++;
    size_t number = line_number_size(text + begin, size - begin);
    *numbered = number > 0;
    return begin + number < size ? text[begin + number] : '\0';
}

bool awh_records_detect(const char *text)
{
    bool numbered;
    char first = first_letter(text, strnlen(text, 1024), &numbered);
    return first == '{' || first == '[';
}

static enum aw_err fail_json(const struct parser *p, yajl_handle handle)
{
    unsigned char *message = yajl_get_error(handle, 0, NULL, 0);
    char text[160];
    snprintf(text, sizeof(text), "%s", message == NULL ? "" : (const char *)message);
    text[strcspn(text, "\r\n")] = '\0';
    if (message != NULL)
        yajl_free_error(handle, message);
    return awh_lines_fail(&p->lines, AW_ERR_FORMAT, "expected JSON: %s", text);
}

static enum aw_err feed(struct parser *p, yajl_handle handle, const char *text, size_t size)
{
    yajl_status status = yajl_parse(handle, (const unsigned char *)text, size);
    if (p->err != AW_OK)
        return p->err;
    if (status != yajl_status_ok)
        return fail_json(p, handle);
    p->quiet_bytes += size;
    if (p->quiet_bytes > TOKEN_MAX_BYTES)
        return awh_lines_fail(&p->lines, AW_ERR_RANGE, "a JSON text of more than %zu MiB",
                              TOKEN_MAX_BYTES >> 20);
    return AW_OK;
}

static enum aw_err parse(struct parser *p, yajl_handle handle, bool *complete_out)
{
    enum aw_err err = AW_OK;
    bool begun = false, wrapped = false, numbered = false, begins_line;
    size_t size;
    for (char *text; err == AW_OK && !p->ended &&
                     (text = awh_lines_piece(&p->lines, &size, &begins_line)) != NULL;) {
        char first = begun ? '\0' : first_letter(text, size, &numbered);
        if (first != '\0') {
            begun = true;
            wrapped = first != '[';
            if (wrapped)
                err = feed(p, handle, "[", 1);
        }
        size_t number = numbered && begins_line ? line_number_size(text, size) : 0;
        if (err == AW_OK)
            err = feed(p, handle, text + number, size - number);
    }
    *complete_out = p->ended || (wrapped && p->depth == 1);
    return err != AW_OK ? err : p->lines.err;
}

enum aw_err awh_records_read(const struct awh_log *log,
                             enum aw_err (*on_record)(void *context,
                                                      const struct awh_record *record),
                             void *context, bool *complete_out, struct awh_diag *diag)
{
    struct parser *p = calloc(1, sizeof(*p));
    yajl_handle handle = p == NULL ? NULL : yajl_alloc(&callbacks, NULL, p);
    enum aw_err err = handle == NULL ? awh_fail_mem(diag) : AW_OK;
    if (err == AW_OK)
        err = awh_lines_open(&p->lines, log, diag);
    if (err == AW_OK) {
        p->on_record = on_record;
        p->context = context;
        yajl_config(handle, yajl_allow_trailing_garbage, 1);
        yajl_config(handle, yajl_dont_validate_strings, 1); /* names in whatever encoding */
        err = parse(p, handle, complete_out);
        awh_lines_close(&p->lines);
    }
    if (handle != NULL)
        yajl_free(handle);
    if (p != NULL) {
        free(p->places);
        free(p->text);
        free(p->fields);
    }
    free(p);
    return err;
}
