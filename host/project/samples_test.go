// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package project_test

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
)

// livePod is a pod as an API server sends it, with managedFields. samplePod is
// a smaller one.
var (
	//go:embed testdata/pod-live.json
	livePod []byte
	//go:embed testdata/pod.json
	samplePod []byte
)

// appendShuffled appends the value as JSON that means the same but looks
// different each time.
func appendShuffled(b []byte, value any, random *rand.Rand) []byte {
	space := func() {
		for random.IntN(3) == 0 {
			b = append(b, " \n\t\r"[random.IntN(4)])
		}
	}
	space()
	switch v := value.(type) {
	case map[string]any:
		b = append(b, '{')
		keys := slices.Sorted(maps.Keys(v))
		random.Shuffle(len(keys), func(i, k int) { keys[i], keys[k] = keys[k], keys[i] })
		for i, key := range keys {
			if i > 0 {
				b = append(b, ',')
			}
			space()
			b = appendEscaped(b, key, random)
			space()
			b = appendShuffled(append(b, ':'), v[key], random)
		}
		b = append(b, '}')
	case []any:
		b = append(b, '[')
		for i, elem := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendShuffled(b, elem, random)
		}
		b = append(b, ']')
	case string:
		b = appendEscaped(b, v, random)
	default:
		text, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		b = append(b, text...)
	}
	space()
	return b
}

func appendEscaped(b []byte, text string, random *rand.Rand) []byte {
	b = append(b, '"')
	for _, r := range text {
		switch {
		case random.IntN(10) == 0 && r < 0x10000:
			b = fmt.Appendf(b, `\u%04x`, r)
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r < ' ':
			b = fmt.Appendf(b, `\u%04X`, r)
		default:
			b = append(b, string(r)...)
		}
	}
	return append(b, '"')
}
