// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package install

import (
	"bytes"
	"context"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fsnotify/fsnotify"
	"github.com/google/go-cmp/cmp"
)

// slow is an installer that takes as long as the module says.
type slow struct{ recorder }

func (*slow) Install(_ context.Context, p Plugin) {
	d, _ := time.ParseDuration(string(p.Module))
	<-time.After(d)
}

// The log says how far the first look is while it takes long, and nothing when
// it is over.
func TestProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder := t.TempDir()
		for name, takes := range map[string]string{"a": "5s", "b": "15s", "c": "25s"} {
			write(t, filepath.Join(folder, name+Extension), takes)
		}
		var log bytes.Buffer
		plain := func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey || a.Key == slog.LevelKey {
				return slog.Attr{}
			}
			return a
		}
		d := New(Options{Path: folder, Installer: &slow{}, Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{ReplaceAttr: plain}))})
		ctx, stop := context.WithCancel(t.Context())
		var working sync.WaitGroup
		if err := d.scan(ctx, &working); err != nil {
			t.Fatal(err)
		}
		ready := false
		silent := &fsnotify.Watcher{Events: make(chan fsnotify.Event), Errors: make(chan error)}
		working.Go(func() { d.follow(ctx, silent, &working, func() { ready = true }) })
		<-time.After(time.Hour)
		stop()
		working.Wait()
		want := `msg="Installing plugins" done=1 of=3
msg="Installing plugins" done=2 of=3
msg="Plugins are installed or refused" plugins=3 took=25s
`
		if diff := cmp.Diff(want, log.String()); diff != "" || !ready {
			t.Errorf("log of an hour (ready: %v): -want +got:\n%s", ready, diff)
		}
	})
}
