// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/watch"
)

func TestFollow(t *testing.T) {
	type sight struct {
		place int
		nonce string
	}
	for _, c := range []struct {
		why     string
		sights  []sight
		failure string
	}{
		{"from place to place", []sight{{0, "7"}, {1, "7"}, {2, "7"}}, ""},
		{"an earlier lap still goes round", []sight{{2, "6"}, {0, "7"}, {1, "6"}, {1, "7"}, {2, "7"}}, ""},
		{"an operator copies again", []sight{{0, "7"}, {1, "7"}, {1, "7"}, {2, "7"}}, ""},
		{"the nonce gets lost", []sight{{0, "7"}, {1, "7"}, {2, "6"}}, "ended at place 1 of 2"},
	} {
		watcher := watch.NewFakeWithOptions(watch.FakeOptions{ChannelSize: len(c.sights)})
		for _, s := range c.sights {
			watcher.Modify(&unstructured.Unstructured{Object: map[string]any{
				"metadata": map[string]any{"namespace": placeName(s.place)}, "spec": map[string]any{"nonce": s.nonce},
			}})
		}
		watcher.Stop()
		hops, err := (&ring{progress: io.Discard}).follow(t.Context(), watcher, "7", 2)
		switch {
		case c.failure == "" && (err != nil || len(hops) != 2):
			t.Errorf("%s: got %d hops, error %v, want 2", c.why, len(hops), err)
		case c.failure != "" && (err == nil || !strings.Contains(err.Error(), c.failure)):
			t.Errorf("%s: got error %v, want one with %q", c.why, err, c.failure)
		}
	}
}

func TestPercentile(t *testing.T) {
	hops := []time.Duration{40, 10, 30, 20}
	for part, want := range map[float64]float64{0.5: 20, 0.75: 30, 0.99: 40, 1: 40} {
		if got := percentile(hops, part); got != want {
			t.Errorf("percentile(%v, %v): got %v, want %v", hops, part, got, want)
		}
	}
}
