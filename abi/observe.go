// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package abi

// Event reports something to people, as an Event object about another object.
// The host aggregates repeated ones as Kubernetes' own recorder does.
type Event struct {
	Resource  uint32 // of the object that the event is about: index into Description.Resources
	Namespace string
	Name      string
	UID       string
	Warning   bool   // type Warning instead of Normal
	Reason    string // upper camel case, "SuccessfulCreate"
	Message   string
	Version   uint64 // resource version of the object, if known
	Source    string // the reporting component; empty: the plugin's name
	Target    Target // of any resource, with its kind
}

// Append appends the wire form to b.
func (m *Event) Append(b []byte) []byte {
	b = appendUint(b, 1, uint64(m.Resource))
	b = appendString(b, 2, m.Namespace)
	b = appendString(b, 3, m.Name)
	b = appendString(b, 4, m.UID)
	b = appendBool(b, 5, m.Warning)
	b = appendString(b, 6, m.Reason)
	b = appendString(b, 7, m.Message)
	b = appendUint(b, 8, m.Version)
	b = appendString(b, 9, m.Source)
	return appendTarget(b, 10, &m.Target)
}

// Decode sets m to the message in b, which it does not retain.
func (m *Event) Decode(b []byte) error {
	*m = Event{}
	return eachField("Event", b, func(f *field) error {
		switch f.number {
		case 1:
			return f.uint32("resource", &m.Resource)
		case 2:
			return f.text("namespace", &m.Namespace)
		case 3:
			return f.text("name", &m.Name)
		case 4:
			return f.text("uid", &m.UID)
		case 5:
			return f.bool("warning", &m.Warning)
		case 6:
			return f.text("reason", &m.Reason)
		case 7:
			return f.text("message", &m.Message)
		case 8:
			return f.uint64("version", &m.Version)
		case 9:
			return f.text("source", &m.Source)
		case 10:
			return f.embedded("target", &m.Target)
		}
		return nil
	})
}

// Level is the severity of a log line, on the scale of log/slog shifted so
// that it is never negative.
type Level uint32

// The levels.
const (
	LevelTrace Level = 0 // slog -8
	LevelDebug Level = 4 // slog -4
	LevelInfo  Level = 8 // slog 0
	LevelWarn  Level = 12
	LevelError Level = 16
)

// Pair is a key with its value: an attribute of a log line, a label of a
// metric, an HTTP header.
type Pair struct {
	Key   string
	Value string
}

// Append appends the wire form to b.
func (m *Pair) Append(b []byte) []byte {
	return appendString(appendString(b, 1, m.Key), 2, m.Value)
}

// Decode sets m to the message in b, which it does not retain.
func (m *Pair) Decode(b []byte) error {
	*m = Pair{}
	return eachField("Pair", b, func(f *field) error {
		switch f.number {
		case 1:
			return f.text("key", &m.Key)
		case 2:
			return f.text("value", &m.Value)
		}
		return nil
	})
}

// Log is one structured log line. The host adds plugin, controller and key.
type Log struct {
	Level      Level
	Message    string
	Attributes []Pair
}

// Append appends the wire form to b.
func (m *Log) Append(b []byte) []byte {
	b = appendUint(b, 1, uint64(m.Level))
	b = appendString(b, 2, m.Message)
	for i := range m.Attributes {
		b = appendMessage(b, 3, &m.Attributes[i])
	}
	return b
}

// Decode sets m to the message in b, which it does not retain.
func (m *Log) Decode(b []byte) error {
	*m = Log{}
	return eachField("Log", b, func(f *field) error {
		switch f.number {
		case 1:
			return f.uint32("level", (*uint32)(&m.Level))
		case 2:
			return f.text("message", &m.Message)
		case 3:
			m.Attributes = append(m.Attributes, Pair{})
			return f.embedded("attributes", &m.Attributes[len(m.Attributes)-1])
		}
		return nil
	})
}

// MetricKind says what a metric's value does. Numbers are append-only.
type MetricKind uint32

// The kinds of metric.
const (
	MetricCounter   MetricKind = 0 // add Value, which is not negative
	MetricGauge     MetricKind = 1 // set to Value
	MetricHistogram MetricKind = 2 // observe Value
)

// Metric changes one series of the plugin's own metrics. The host prefixes
// the name with the plugin's.
type Metric struct {
	Name   string // snake case; counters end in _total
	Kind   MetricKind
	Value  float64
	Labels []Pair
}

// Append appends the wire form to b.
func (m *Metric) Append(b []byte) []byte {
	b = appendString(b, 1, m.Name)
	b = appendUint(b, 2, uint64(m.Kind))
	b = appendDouble(b, 3, m.Value)
	for i := range m.Labels {
		b = appendMessage(b, 4, &m.Labels[i])
	}
	return b
}

// Decode sets m to the message in b, which it does not retain.
func (m *Metric) Decode(b []byte) error {
	*m = Metric{}
	return eachField("Metric", b, func(f *field) error {
		switch f.number {
		case 1:
			return f.text("name", &m.Name)
		case 2:
			return f.uint32("kind", (*uint32)(&m.Kind))
		case 3:
			return f.double("value", &m.Value)
		case 4:
			m.Labels = append(m.Labels, Pair{})
			return f.embedded("labels", &m.Labels[len(m.Labels)-1])
		}
		return nil
	})
}
