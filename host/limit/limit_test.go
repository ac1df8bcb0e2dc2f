// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package limit_test

import (
	"bytes"
	"errors"
	"log/slog"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/wasm-controller-manager/wcm/host/limit"
)

func TestBucket(t *testing.T) {
	start := time.Unix(1000, 0)
	at := start.Add
	b := limit.NewBucket(10, 3, start)
	for i := range 3 {
		if !b.Take(1, start) {
			t.Fatalf("token %d of a full bucket of 3 is not there", i+1)
		}
	}
	if b.Take(1, start) {
		t.Fatal("a fourth token comes out of a bucket of 3")
	}
	if got := b.Wait(1, start); got != 100*time.Millisecond {
		t.Errorf("wait for a token at 10 per second: got %v, want 100ms", got)
	}
	if got := b.Wait(5, start); got != 500*time.Millisecond {
		t.Errorf("wait for more tokens than fit: got %v, want 500ms", got)
	}
	if b.Take(1, at(99*time.Millisecond)) || !b.Take(1, at(100*time.Millisecond)) {
		t.Error("the next token should come after 100ms, not before")
	}
	if !b.Take(3, at(time.Hour)) || b.Take(1, at(time.Hour)) {
		t.Error("a bucket of 3 should have 3 tokens after an hour")
	}
	if b.Take(1, at(time.Minute)) || !b.Take(1, at(time.Hour+100*time.Millisecond)) {
		t.Error("a clock that goes back should neither give tokens nor take any")
	}
	b.Set(0, 1, at(2*time.Hour))
	if !b.Take(1, at(2*time.Hour)) || b.Wait(1, at(3*time.Hour)) != math.MaxInt64 {
		t.Error("a bucket without a rate should give what it has, and nothing ever after")
	}
	never := limit.NewBucket(1e-12, 1, start)
	never.Take(1, start)
	if got := never.Wait(1, start); got <= 0 {
		t.Errorf("wait at a tiny rate: got %v, want a long time", got)
	}
	endless := limit.NewBucket(math.Inf(1), math.Inf(1), start)
	for range 1000 {
		if !endless.Take(1, start) {
			t.Fatal("an endless bucket is empty")
		}
	}
}

// journal is a logger's text without times.
func journal() (*bytes.Buffer, slog.Handler) {
	buffer := &bytes.Buffer{}
	return buffer, slog.NewTextHandler(buffer, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})
}

func TestRateDropsAndReportsOncePerMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, handler := journal()
		counted := 0
		r := limit.NewRate(5, limit.NewReport(slog.New(handler), "things", func() { counted++ }))
		passed := 0
		for range 60 { // for a minute, ten in a second
			for range 10 {
				if r.Pass(1) {
					passed++
				}
			}
			time.Sleep(time.Second)
		}
		time.Sleep(2 * time.Second) // it is a minute after the first drop only now
		synctest.Wait()
		const want = 10 + 59*5 // a burst of two seconds, then the rate
		if passed != want || counted != 600-want {
			t.Errorf("600 things: %d passed and %d were counted as dropped, want %d and %d", passed, counted, want, 600-want)
		}
		if got, want := log.String(), "level=WARN msg=\"A limit was exceeded\" dropped=things count=295\n"; got != want {
			t.Errorf("after a minute: got log\n%swant\n%s", got, want)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if n := strings.Count(log.String(), "\n"); n != 1 {
			t.Errorf("an hour without drops: got %d lines, want the one from before", n)
		}
	})
}

func TestRateOfThingsThatCountAsSeveral(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := limit.NewRate(5, nil)
		if !r.Pass(1000) {
			t.Error("a thing larger than the burst should pass when nothing was used")
		}
		time.Sleep(time.Second)
		if r.Pass(1000) || !r.Pass(5) {
			t.Error("after a second 5 should pass, and not a large one")
		}
		r.Set(1)
		time.Sleep(time.Second)
		if !r.Pass(1) || r.Pass(1) {
			t.Error("after Set(1) and a second one should pass")
		}
	})
	var none *limit.Rate
	if !none.Pass(1e9) {
		t.Error("no rate should let everything pass")
	}
}

func TestRateTake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := limit.NewRate(0.5, nil) // one at once
		if wait := r.Take(); wait != 0 {
			t.Errorf("the first must wait %v", wait)
		}
		for _, want := range []time.Duration{2 * time.Second, time.Second, 0, time.Second} {
			if wait := r.Take(); wait != want {
				t.Errorf("the next must wait %v, want %v", wait, want)
			}
			time.Sleep(time.Second)
		}
		if wait := (*limit.Rate)(nil).Take(); wait != 0 {
			t.Errorf("without a rate one must wait %v", wait)
		}
	})
}

func TestReportClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, handler := journal()
		r := limit.NewReport(slog.New(handler), "things", nil)
		r.Close()
		if log.Len() > 0 {
			t.Errorf("nothing was dropped, got log %q", log)
		}
		r = limit.NewReport(slog.New(handler), "things", nil)
		r.Dropped()
		r.Dropped()
		r.Close()
		r.Dropped() // counts for nobody, and nobody waits for its minute
		time.Sleep(time.Hour)
		synctest.Wait()
		if got, want := log.String(), "level=WARN msg=\"A limit was exceeded\" dropped=things count=2\n"; got != want {
			t.Errorf("got log %q, want %q", got, want)
		}
	})
}

func TestText(t *testing.T) {
	for _, c := range []struct {
		text    string
		limit   int
		want    string
		missing int
	}{
		{"short", 5, "short", 0},
		{"longer", 5, "lo…", 4},
		{"größer", 6, "gr…", 6},
		{"größer", 7, "grö…", 4},
		{"longer", 0, "…", 6},
		{"", 0, "", 0},
	} {
		got, missing := limit.Text(c.text, c.limit)
		if got != c.want || missing != c.missing || !utf8.ValidString(got) {
			t.Errorf("Text(%q, %d): got %q, %d missing, want %q, %d", c.text, c.limit, got, missing, c.want, c.missing)
		}
	}
}

func TestHandlerCutsLines(t *testing.T) {
	const size = 60
	long := strings.Repeat("ä", 100)
	for _, c := range []struct {
		name       string
		message    string
		attributes []slog.Attr
		want       string
	}{
		{"whole", "fits", []slog.Attr{slog.String("key", "value"), slog.Int("n", 7)},
			"level=INFO msg=fits plugin=p key=value n=7"},
		{"message", long, []slog.Attr{slog.String("key", "value")},
			"level=INFO msg=" + strings.Repeat("ä", 28) + "… plugin=p cutBytes=152"},
		{"value", "fits", []slog.Attr{slog.String("key", long), slog.String("other", "x")},
			"level=INFO msg=fits plugin=p key=" + strings.Repeat("ä", 21) + "… cutBytes=164"},
		{"error", "fits", []slog.Attr{slog.Any("err", errors.New(long))},
			"level=INFO msg=fits plugin=p err=" + strings.Repeat("ä", 21) + "… cutBytes=158"},
		{"many attributes", "fits", slicesOf(100, slog.Attr{Key: "k"}),
			"level=INFO msg=fits plugin=p" + strings.Repeat(" k=<nil>", 6) + " cutBytes=94"},
	} {
		log, handler := journal()
		logger := slog.New(limit.NewHandler(handler, nil, size)).With("plugin", "p")
		logger.LogAttrs(t.Context(), slog.LevelInfo, c.message, c.attributes...) //nolint:sloglint // long messages are the point
		if got := strings.TrimSuffix(log.String(), "\n"); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

func slicesOf(n int, a slog.Attr) []slog.Attr {
	all := make([]slog.Attr, n)
	for i := range all {
		all[i] = a
	}
	return all
}

func TestHandlersOfOneRateShareIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, handler := journal()
		logger := slog.New(limit.NewHandler(handler, limit.NewRate(1, nil), 100))
		for _, l := range []*slog.Logger{logger, logger.With("a", 1), logger.WithGroup("g"), logger} {
			l.Info("line", "x", 1)
		}
		if got, want := log.String(), "level=INFO msg=line x=1\nlevel=INFO msg=line a=1 x=1\n"; got != want {
			t.Errorf("got\n%swant\n%s", got, want)
		}
	})
}

// TestHammerRate is for the race detector.
func TestHammerRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, handler := journal()
		report := limit.NewReport(slog.New(handler), "things", nil)
		r := limit.NewRate(100, report)
		for g := range 8 {
			go func() {
				for i := range 1000 {
					r.Pass(1)
					switch {
					case i%100 == g:
						r.Set(float64(100 + g))
					case i == 900+g:
						report.Close()
					case i%10 == g:
						time.Sleep(time.Second)
					}
				}
			}()
		}
		synctest.Wait()
		time.Sleep(time.Hour) // for the last report
		synctest.Wait()
	})
}
