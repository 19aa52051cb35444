#include "base/utf8_fold.h"

#include "base/attributes.h"
#include "base/utf8.h"

static const struct run {
    uint32_t first;
    uint32_t last;
    int32_t distance;
    uint32_t step;
} runs[] = {
#include "base/utf8_fold_data.inc"
};

uint32_t utf8_fold_code_point(uint32_t c)
{
    size_t low = 0;
    size_t high = ARRAY_LEN(runs);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct run *run = &runs[middle];
        if (c > run->last) {
            low = middle + 1;
        } else if (c < run->first) {
            high = middle;
        } else {
            bool in = (c - run->first) % run->step == 0;
            return in ? (uint32_t)((int32_t)c + run->distance) : c;
        }
    }
    return c;
}

struct view utf8_fold(struct view text, char *out)
{
    size_t len = 0;
    for (size_t at = 0; at < text.len;) {
        uint32_t c = 0;
        size_t size = utf8_decode(view_sub(text, at, text.len), &c);
        if (size == 0) {
            out[len++] = text.at[at++];
            continue;
        }
        len += utf8_encode(utf8_fold_code_point(c), out + len);
        at += size;
    }
    return view_make(out, len);
}
