// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package access_test

import (
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/access"
	"github.com/wasm-controller-manager/wcm/host/limit"
)

// lines returns what was logged, without times.
func (w *world) lines() []string {
	var lines []string
	for line := range strings.Lines(w.log.String()) {
		_, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		lines = append(lines, rest)
	}
	return lines
}

func TestLinesAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{limits: access.Limits{Lines: limit.NewRate(2, nil), LineSize: 100}}
		o := w.operator()
		log := func(message string) abi.Status {
			line := abi.Log{Level: abi.LevelInfo, Message: message}
			status, _ := o.Operate(t.Context(), abi.OpLog, line.Append(nil), nil)
			return status
		}
		log("one")
		log(strings.Repeat("long ", 44)) // counts as more than two
		if status := log("dropped"); status != abi.StatusOK {
			t.Errorf("a line over the limit: got %s, want that the guest need not care", status)
		}
		o.Output(t.Context(), []byte("dropped as well"))
		want := []string{
			"level=INFO msg=one",
			`level=INFO msg="` + strings.Repeat("long ", 19) + `lo…" cutBytes=123`,
		}
		if got := w.lines(); strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
}

func TestOutputIsALine(t *testing.T) {
	w := &world{limits: access.Limits{LineSize: 32}}
	w.operator().Output(t.Context(), []byte("panic: \xff and much more than fits"))
	if got, want := strings.Join(w.lines(), "\n"), `level=INFO msg="Guest wrote" text=panic:… cutBytes=28`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestAttributesCannotForgeLines logs keys that a format for people would
// write as they are.
func TestAttributesCannotForgeLines(t *testing.T) {
	var w world
	line := abi.Log{Level: abi.LevelInfo, Message: "m", Attributes: []abi.Pair{
		{Key: "plugin", Value: "kubelet"}, {Key: "a=1 b\nI0101 forged", Value: "x"}, {Key: "", Value: "y"},
		{Key: strings.Repeat("k", 63) + "ä", Value: "z"},
	}}
	if status, text := w.operate(t, abi.OpLog, &line); status != abi.StatusOK {
		t.Fatalf("log: %s %s", status, text)
	}
	want := "level=INFO msg=m guest.plugin=kubelet a_1_b_I0101_forged=x guest.=y " + strings.Repeat("k", 63) + "_=z"
	if got := strings.Join(w.lines(), "\n"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestEventsAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dropped := 0
		report := limit.NewReport(slog.New(slog.DiscardHandler), "events", func() { dropped++ })
		defer report.Close()
		w := &world{limits: access.Limits{Events: limit.NewRate(2, report)}}
		o := w.operator()
		for range 10 {
			event := abi.Event{Name: "a", Reason: "Created"}
			if status, _ := o.Operate(t.Context(), abi.OpEvent, event.Append(nil), nil); status != abi.StatusOK {
				t.Errorf("event: got %s, want that the guest need not care", status)
			}
		}
		if len(w.events) != 4 || dropped != 6 {
			t.Errorf("10 events at 2 per second: %d recorded and %d dropped, want 4 and 6", len(w.events), dropped)
		}
	})
}

func TestSizesOfEvents(t *testing.T) {
	event := func(change func(*abi.Event)) *abi.Event {
		e := &abi.Event{Name: "a", Reason: "Created", Message: "m"}
		change(e)
		return e
	}
	for _, c := range []struct {
		reason  string
		event   *abi.Event
		status  abi.Status
		text    string
		message string
	}{
		{"a message that fits", event(func(e *abi.Event) { e.Message = strings.Repeat("m", 1024) }), abi.StatusOK, "", strings.Repeat("m", 1024)},
		{"one that does not", event(func(e *abi.Event) { e.Message = strings.Repeat("m", 1025) }), abi.StatusOK, "", strings.Repeat("m", 1021) + "…"},
		{"a long reason", event(func(e *abi.Event) { e.Reason = strings.Repeat("R", 129) }), abi.StatusBadRequest, "a reason of 129 bytes", ""},
		{"a long source", event(func(e *abi.Event) { e.Source = strings.Repeat("s", 129) }), abi.StatusBadRequest, "a source of 129 bytes", ""},
		{"a novel", event(func(e *abi.Event) { e.Message = strings.Repeat("m", 1<<20) }), abi.StatusTooLarge, "expected at most 65536", ""},
	} {
		var w world
		status, text := w.operate(t, abi.OpEvent, c.event)
		if status != c.status || !strings.Contains(text, c.text) {
			t.Errorf("%s: got %s %q, want %s %q", c.reason, status, text, c.status, c.text)
		}
		if c.status == abi.StatusOK && (len(w.events) != 1 || w.events[0].Message != c.message) {
			t.Errorf("%s: got events %v", c.reason, w.events)
		}
	}
}

func TestSeriesAreLimited(t *testing.T) {
	dropped := 0
	report := limit.NewReport(slog.New(slog.DiscardHandler), "series", func() { dropped++ })
	defer report.Close()
	w := &world{full: true, limits: access.Limits{Series: report}}
	if status, text := w.operate(t, abi.OpMetric, &abi.Metric{Name: "x"}); status != abi.StatusTooLarge || dropped != 1 || !strings.Contains(text, "limit") {
		t.Errorf("a series too many: got %s %q, %d counted, want too_large and one", status, text, dropped)
	}
	if status, text := w.operate(t, abi.OpMetric, &abi.Metric{Name: strings.Repeat("x", 1<<20)}); status != abi.StatusTooLarge || dropped != 1 {
		t.Errorf("a huge message: got %s %q, %d counted as series", status, text, dropped)
	}
}
