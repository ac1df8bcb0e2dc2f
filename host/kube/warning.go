// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"context"
	"log/slog"
	"sync"

	"k8s.io/client-go/rest"
)

// maxWarnings bounds how many warnings are remembered.
const maxWarnings = 1000

// WarnOnce returns config with warnings of the API server, that a resource is
// deprecated for example, logged once each: the server repeats them in the
// answer to every request. A handler that config has is kept.
func WarnOnce(config *rest.Config, logger *slog.Logger) *rest.Config {
	if config.WarningHandler != nil || config.WarningHandlerWithContext != nil {
		return config
	}
	config = rest.CopyConfig(config)
	config.WarningHandlerWithContext = &warnings{logger: logger, known: map[string]bool{}}
	return config
}

// warningHandler returns what takes the warnings of a config's requests.
func warningHandler(config *rest.Config) rest.WarningHandlerWithContext {
	switch {
	case config.WarningHandlerWithContext != nil:
		return config.WarningHandlerWithContext
	case config.WarningHandler != nil:
		return contextless{config.WarningHandler}
	}
	return rest.WarningLogger{} // as client-go does
}

// contextless is a handler that does without a context.
type contextless struct{ rest.WarningHandler }

// HandleWarningHeaderWithContext passes a warning on.
func (c contextless) HandleWarningHeaderWithContext(_ context.Context, code int, agent, text string) {
	c.HandleWarningHeader(code, agent, text)
}

// warnings logs warnings. Safe for concurrent use.
type warnings struct {
	logger *slog.Logger

	mu    sync.Mutex
	known map[string]bool // guarded by mu
}

// codeMiscellaneous is the one code of warnings that are meant for people.
const codeMiscellaneous = 299

// HandleWarningHeaderWithContext logs the text if it is new.
func (w *warnings) HandleWarningHeaderWithContext(_ context.Context, code int, _, text string) {
	if code == codeMiscellaneous && text != "" && w.fresh(text) {
		w.logger.Warn("The API server warns", "warning", text)
	}
}

func (w *warnings) fresh(text string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.known[text] || len(w.known) >= maxWarnings {
		return false
	}
	w.known[text] = true
	return true
}
