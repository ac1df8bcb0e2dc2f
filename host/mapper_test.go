// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"bytes"
	"log/slog"
	"strconv"
	"strings"
	"testing"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/control"
	"github.com/wasm-controller-manager/wcm/host/store"
)

func testMapper(log *bytes.Buffer) *mapper {
	return newMapper(mapperOptions{
		queue:      control.New(control.Options{Name: "c"}),
		everything: &store.View{}, // of nothing, and unlimited
		logger:     slog.New(slog.NewTextHandler(log, nil)),
	})
}

// TestMapperBoundsKeys: a guest can name a million keys, of which most are not
// remembered.
func TestMapperBoundsKeys(t *testing.T) {
	var log bytes.Buffer
	m := testMapper(&log)
	requests := []abi.Request{{Name: "../x"}, {Namespace: "a/b", Name: "x"}, {Name: strings.Repeat("x", 254)}}
	m.addRequests(requests, false)
	if known := m.queue.Known(); known != 0 {
		t.Errorf("%d keys that no object can have are known, want 0", known)
	}
	requests = make([]abi.Request, 1_000_000)
	for i := range requests {
		requests[i].Name = strconv.Itoa(i)
	}
	m.addRequests(requests, false)
	m.addRequests(requests, true)
	if known := m.queue.Known(); known != maxStrangers {
		t.Errorf("%d keys of a million that are no object's are known, want %d", known, maxStrangers)
	}
	if lines := strings.Count(log.String(), "Guest maps to too many keys, every object is reconciled"); lines != 2 {
		t.Errorf("log:\n%s\nwant a line for each of the two answers", log.String())
	}
}

// TestMapperBoundsChanges: of what a guest does not get round to, the host
// keeps so much and no more.
func TestMapperBoundsChanges(t *testing.T) {
	m := testMapper(&bytes.Buffer{})
	large := pendingChange{before: make([]byte, 1<<20), after: make([]byte, 1<<20)}
	for range 7 {
		m.keep(large)
	}
	if changes, missed := m.take(); len(changes) != 7 || missed {
		t.Errorf("14 MiB of changes: %d kept, missed %v, want all seven", len(changes), missed)
	}
	for range 100 {
		m.keep(large)
	}
	if changes, missed := m.take(); len(changes) != 0 || !missed {
		t.Errorf("200 MiB of changes: %d kept, missed %v, want none and that it is known", len(changes), missed)
	}
	m.keep(large)
	if changes, missed := m.take(); len(changes) != 1 || missed {
		t.Errorf("afterwards %d kept, missed %v, want one", len(changes), missed)
	}
}
