#include "load_requests.h"

#include "load_answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FORM_NAME_MAX_BYTES 64

static char *read_whole(const char *path, size_t *bytes)
{
    struct stat about;
    FILE *file = fopen(path, "rb");
    char *text = NULL;

    if (file == NULL)
        return NULL;
    if (fstat(fileno(file), &about) == 0 && (text = malloc((size_t)about.st_size + 1)) != NULL) {
        *bytes = fread(text, 1, (size_t)about.st_size, file);
        text[*bytes] = '\0';
    }
    (void)fclose(file);
    return text;
}

static struct load_request *add_request(struct load_requests *requests)
{
    if ((requests->count & (requests->count + 1)) == 0) { /* full at 0, 1, 3, 7, … */
        struct load_request *more =
            realloc(requests->all, (2 * requests->count + 1) * sizeof *requests->all);
        if (more == NULL)
            return NULL;
        requests->all = more;
    }
    return &requests->all[requests->count++];
}

bool load_requests_open(struct load_requests *requests, const char *path)
{
    size_t bytes = 0;
    *requests = (struct load_requests){.text = read_whole(path, &bytes)};
    if (requests->text == NULL)
        return false;
    for (char *at = requests->text, *end = at + bytes; at < end;) {
        char *line = at;
        size_t head_bytes = strtoul(line, &line, 10);
        size_t body_bytes = strtoul(line, &line, 10);
        struct load_request *request = *line == '\n' ? add_request(requests) : NULL;
        size_t left = (size_t)(end - line) - 1;
        if (request == NULL || head_bytes > left || body_bytes > left - head_bytes)
            return false;
        *request = (struct load_request){line + 1, head_bytes, line + 1 + head_bytes, body_bytes};
        at = line + 1 + head_bytes + body_bytes;
    }
    return requests->count > 0;
}

void load_requests_close(struct load_requests *requests)
{
    free(requests->all);
    free(requests->text);
    *requests = (struct load_requests){0};
}

static const char *find_in_form(const struct load_request *request, const char *name, size_t *bytes)
{
    char text[FORM_NAME_MAX_BYTES + 2];
    const char *end = request->body + request->body_bytes;

    if (strlen(name) > FORM_NAME_MAX_BYTES)
        return NULL;
    int written = snprintf(text, sizeof text, "%s=", name);
    const char *at = memmem(request->body, request->body_bytes, text, (size_t)written);
    if (at == NULL)
        return NULL;
    at += written;
    const char *next = memchr(at, '&', (size_t)(end - at));
    *bytes = (size_t)((next != NULL ? next : end) - at);
    return at;
}

bool load_requests_find(const struct load_request *request, const char *name, size_t *offset,
                        size_t *bytes)
{
    const char *at = load_answer_member(request->body, request->body_bytes, name, bytes);
    if (at == NULL)
        at = find_in_form(request, name, bytes);
    if (at == NULL)
        return false;
    *offset = (size_t)(at - request->body);
    return true;
}
