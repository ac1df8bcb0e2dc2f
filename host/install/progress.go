// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package install

import (
	"log/slog"
	"time"
)

// progressEvery is how often the log says how far the first look at all plugins
// is: a thousand that have to be compiled take a quarter of an hour.
const progressEvery = 10 * time.Second

// progress tells how far the first look at all plugins is.
type progress struct {
	logger *slog.Logger
	of     int
	began  time.Time
	ticker *time.Ticker
}

func newProgress(logger *slog.Logger, of int) progress {
	return progress{logger: logger, of: of, began: time.Now(), ticker: time.NewTicker(progressEvery)}
}

// tell says how many are left.
func (p *progress) tell(left int) {
	p.logger.Info("Installing plugins", "done", p.of-left, "of", p.of)
}

// end says that none is left, and ends the ticks.
func (p *progress) end() {
	p.ticker.Stop()
	p.logger.Info("Plugins are installed or refused", "plugins", p.of, "took", time.Since(p.began).Round(time.Millisecond))
}
