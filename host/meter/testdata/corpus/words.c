// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Counts words: the guest of the differential test, in C. Built with
//
//	clang-19 --target=wasm32-wasi -mexec-model=reactor -O2 -msimd128 -mbulk-memory -Wl,--strip-all,-z,stack-size=65536 -o words_c.wasm words.c
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT(name) __attribute__((export_name(name)))

struct word {
	char *text;
	int count;
	struct word *next;
};

enum { BUCKETS = 64 };

EXPORT("alloc") void *alloc_bytes(size_t n) { return malloc(n); }

static uint32_t crc32(const unsigned char *b, size_t n) {
	uint32_t c = ~0u;
	while (n--) {
		c ^= *b++;
		for (int k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >> 1) : c >> 1;
	}
	return ~c;
}

static int compare(const void *a, const void *b) {
	const struct word *x = *(struct word *const *)a, *y = *(struct word *const *)b;
	return x->count != y->count ? y->count - x->count : strcmp(x->text, y->text);
}

static int depth(struct word *w) { return w ? 1 + depth(w->next) : 0; }

EXPORT("run") uint64_t run(char *in, size_t n) {
	struct word *table[BUCKETS] = {0}, **sorted = 0;
	size_t words = 0, capacity = 0;
	double length = 0;
	for (size_t i = 0; i < n;) {
		size_t start = i;
		while (i < n && in[i] != ' ') i++;
		char *text = malloc(i - start + 1);
		memcpy(text, in + start, i - start);
		text[i++ - start] = 0;
		length += strlen(text);
		struct word **w = &table[crc32((unsigned char *)text, strlen(text)) % BUCKETS];
		while (*w && strcmp((*w)->text, text)) w = &(*w)->next;
		if (!*w) {
			*w = calloc(1, sizeof **w);
			(*w)->text = text;
			if (words == capacity) sorted = realloc(sorted, (capacity = 2 * capacity + 8) * sizeof *sorted);
			sorted[words++] = *w;
		}
		(*w)->count++;
	}
	qsort(sorted, words, sizeof *sorted, compare);
	char *out = malloc(64 * words + 256), *p = out;
	for (size_t i = 0; i < words; i++) p += sprintf(p, "%.40s=%d\n", sorted[i]->text, sorted[i]->count);
	int deepest = 0;
	for (int i = 0; i < BUCKETS; i++) {
		int d = depth(table[i]);
		if (d > deepest) deepest = d;
	}
	p += sprintf(p, "deepest %d, mean %.6f, crc %08x\n", deepest, words ? length / words : 0, crc32((unsigned char *)out, p - out));
	return (uint64_t)(uintptr_t)out << 32 | (uint64_t)(p - out);
}
