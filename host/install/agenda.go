// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package install

import (
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

// promptly is how long a file that came whole waits for others that come with
// it, such as the manifest beside a module.
const promptly = 10 * time.Millisecond

// agenda says when to look at the files again.
type agenda struct {
	settle time.Duration
	due    time.Time // for the next look
	whole  time.Time // before which a file of a plugin may be half written
}

// within makes the next look due within d, but not before files are whole.
func (a *agenda) within(now time.Time, d time.Duration) {
	if at := now.Add(d); a.due.IsZero() || at.Before(a.due) {
		a.due = at
	}
	if a.due.Before(a.whole) {
		a.due = a.whole
	}
}

// note takes an event of the file system. A file that was renamed into its
// place is whole; one that is written is so when it has been quiet for a while,
// and one that went may come again as soon.
func (a *agenda) note(now time.Time, event fsnotify.Event) {
	switch {
	case event.Op == fsnotify.Chmod:
	case !ofPlugin(event.Name):
		a.within(now, a.settle)
	case event.Has(fsnotify.Create) && !event.Has(fsnotify.Write) && hasContent(event.Name):
		a.within(now, promptly) // if somebody is writing to it, the next event says so
	default:
		a.whole = now.Add(a.settle)
		a.within(now, a.settle)
	}
}

// ofPlugin reports whether a path has the name of a module or a manifest. It may
// be one without, as when it is what a link points to.
func ofPlugin(path string) bool {
	name := filepath.Base(path)
	extension := filepath.Ext(name)
	return !strings.HasPrefix(name, ".") && (extension == Extension || extension == manifestExtension)
}

func hasContent(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Size() > 0
}
