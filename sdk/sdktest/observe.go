// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdktest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/sdk"
)

// Operation is one operation of the plugin, as [Env.OnOperation] and
// [Env.Writes] show it.
type Operation struct {
	Op          abi.Operation
	Resource    string // "v1/pods"; of sign the key
	Key         sdk.Key
	Subresource string
	Body        string            // of a write, and the claims of sign: JSON
	Write       *abi.WriteRequest // nil for reads; must not be changed
}

// Event is an event that the plugin reported. Equal ones are counted.
type Event struct {
	Kind    string // of the object
	Key     sdk.Key
	Type    string // "Normal" or "Warning"
	Reason  string
	Message string
	Source  string
	Count   int
}

// Log is one log line of the plugin.
type Log struct {
	Level      abi.Level
	Message    string
	Attributes []abi.Pair
}

// Events returns the events in the order in which they first occurred.
func (e *Env) Events() []Event { return snapshot(e, &e.events) }

// Logs returns the log lines.
func (e *Env) Logs() []Log { return snapshot(e, &e.logs) }

// Writes returns the writes that the plugin asked for, also those that failed
// unless [Env.OnOperation] or a missing declaration made them.
func (e *Env) Writes() []Operation { return snapshot(e, &e.writes) }

// Metric returns the value of a series: the sum of a counter, the last value
// of a gauge, the number of observations of a histogram.
func (e *Env) Metric(name string, labels ...sdk.Label) float64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	pairs := make([]abi.Pair, len(labels))
	for i, label := range labels {
		pairs[i] = abi.Pair(label)
	}
	return e.metrics[series(name, pairs)]
}

func snapshot[T any](e *Env, of *[]T) []T {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]T(nil), *of...)
}

func (e *Env) event(m *abi.Event) error {
	r, err := e.resource(m.Resource, &m.Target)
	if err != nil {
		return err
	}
	if !e.concerned(m.Resource) {
		return &sdk.APIError{Status: abi.StatusDenied, Message: fmt.Sprintf("%s is neither read nor written, so there is nothing to tell of it", r)}
	}
	event := Event{
		Kind: r.Kind, Key: sdk.Key{Namespace: m.Namespace, Name: m.Name},
		Type: "Normal", Reason: m.Reason, Message: m.Message, Source: m.Source, Count: 1,
	}
	if m.Warning {
		event.Type = "Warning"
	}
	for i := range e.events {
		known := e.events[i]
		known.Count = 1
		if known == event {
			e.events[i].Count++
			return nil
		}
	}
	e.events = append(e.events, event)
	return nil
}

// concerned reports whether the plugin reads, watches or writes a resource.
func (e *Env) concerned(index uint32) bool {
	r := &e.description.Resources[index]
	if r.Projection != nil || len(r.Reads)+len(r.Writes) > 0 {
		return true
	}
	for _, c := range e.description.Controllers {
		if slices.ContainsFunc(c.Watches, func(w abi.Watch) bool { return w.Resource == index }) {
			return true
		}
	}
	return false
}

func (e *Env) log(m *abi.Log) error {
	e.logs = append(e.logs, Log(*m))
	return nil
}

func (e *Env) metric(m *abi.Metric) error {
	name := series(m.Name, m.Labels)
	switch {
	case m.Kind == abi.MetricGauge:
		e.metrics[name] = m.Value
	case m.Kind == abi.MetricHistogram:
		e.metrics[name]++
	case m.Value < 0:
		return badRequest("the counter %s grows by %v", m.Name, m.Value)
	default:
		e.metrics[name] += m.Value
	}
	return nil
}

func series(name string, labels []abi.Pair) string {
	var b strings.Builder
	b.WriteString(name)
	for _, label := range labels {
		b.WriteString("," + label.Key + "=" + label.Value)
	}
	return b.String()
}
