#include "base/array.h"

static void swap(char *one, char *other, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        char byte = one[i];
        one[i] = other[i];
        other[i] = byte;
    }
}

void array_reverse(void *items, size_t count, size_t size)
{
    char *first = items;
    for (size_t i = 0; i < count / 2; i++) {
        swap(first + i * size, first + (count - 1 - i) * size, size);
    }
}
