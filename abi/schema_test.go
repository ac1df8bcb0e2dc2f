// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package abi_test

import (
	"encoding/binary"
	"errors"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/abi/record"
)

// codec is what every message has.
type codec interface {
	Append(b []byte) []byte
	Decode(b []byte) error
}

// codecs makes one message of each type, by its name in the schema.
var codecs = map[string]func() codec{
	"Request":         func() codec { return &abi.Request{} },
	"Outcome":         func() codec { return &abi.Outcome{} },
	"Configuration":   func() codec { return &abi.Configuration{} },
	"Rejection":       func() codec { return &abi.Rejection{} },
	"Change":          func() codec { return &abi.Change{} },
	"Requests":        func() codec { return &abi.Requests{} },
	"Description":     func() codec { return &abi.Description{} },
	"Resource":        func() codec { return &abi.Resource{} },
	"HTTP":            func() codec { return &abi.HTTP{} },
	"Index":           func() codec { return &abi.Index{} },
	"Controller":      func() codec { return &abi.Controller{} },
	"Watch":           func() codec { return &abi.Watch{} },
	"Condition":       func() codec { return &abi.Condition{} },
	"GetRequest":      func() codec { return &abi.GetRequest{} },
	"ListRequest":     func() codec { return &abi.ListRequest{} },
	"ListResult":      func() codec { return &abi.ListResult{} },
	"WriteRequest":    func() codec { return &abi.WriteRequest{} },
	"BatchRequest":    func() codec { return &abi.BatchRequest{} },
	"BatchResult":     func() codec { return &abi.BatchResult{} },
	"WriteResult":     func() codec { return &abi.WriteResult{} },
	"Error":           func() codec { return &abi.Error{} },
	"Event":           func() codec { return &abi.Event{} },
	"Log":             func() codec { return &abi.Log{} },
	"Metric":          func() codec { return &abi.Metric{} },
	"HTTPRequest":     func() codec { return &abi.HTTPRequest{} },
	"HTTPResponse":    func() codec { return &abi.HTTPResponse{} },
	"SignRequest":     func() codec { return &abi.SignRequest{} },
	"SignResult":      func() codec { return &abi.SignResult{} },
	"Target":          func() codec { return &abi.Target{} },
	"DiscoverRequest": func() codec { return &abi.DiscoverRequest{} },
	"Discovery":       func() codec { return &abi.Discovery{} },
	"APIResource":     func() codec { return &abi.APIResource{} },
	"Pair":            func() codec { return &abi.Pair{} },
}

// decode decodes a message of a type of the schema. The codec has no type of
// its own for Shape, so a Shape goes into a Description.
func decode(message string, b []byte) error {
	if message == "Shape" {
		b = append(binary.AppendUvarint([]byte{7<<3 | 2}, uint64(len(b))), b...)
		message = "Description"
	}
	return codecs[message]().Decode(b)
}

// schema is what abi.proto says.
type schema struct {
	messages map[string][]schemaField
	enums    map[string]map[string]uint64
}

type schemaField struct {
	name, typ string
	number    int
}

var (
	declaration = regexp.MustCompile(`^(message|enum) (\w+) \{`)
	enumValue   = regexp.MustCompile(`^  (\w+) = (\d+);`)
	messageItem = regexp.MustCompile(`^  (?:repeated |optional )?(\w+) (\w+) = (\d+);`)
)

// readSchema reads abi.proto line by line, which is all that its style needs.
func readSchema(t testing.TB) schema {
	t.Helper()
	text, err := os.ReadFile("abi.proto")
	if err != nil {
		t.Fatal(err)
	}
	s := schema{map[string][]schemaField{}, map[string]map[string]uint64{}}
	kind, name := "", ""
	for line := range strings.Lines(string(text)) {
		if m := declaration.FindStringSubmatch(line); m != nil {
			kind, name = m[1], m[2]
			if kind == "enum" {
				s.enums[name] = map[string]uint64{}
			}
			continue
		}
		if m := messageItem.FindStringSubmatch(line); m != nil && kind == "message" {
			number, _ := strconv.Atoi(m[3])
			s.messages[name] = append(s.messages[name], schemaField{m[2], m[1], number})
		}
		if m := enumValue.FindStringSubmatch(line); m != nil && kind == "enum" {
			s.enums[name][m[1]], _ = strconv.ParseUint(m[2], 10, 64)
		}
	}
	return s
}

// wire returns the wire type of a field and a payload that is in range.
func (s schema) wire(f schemaField) (wire byte, payload string) {
	switch f.typ {
	case "string", "bytes":
		return 2, "\x00"
	case "uint32", "uint64", "bool":
		return 0, "\x01"
	case "double":
		return 1, "\x00\x00\x00\x00\x00\x00\x00\x00"
	}
	if s.enums[f.typ] != nil {
		return 0, "\x01"
	}
	return 2, "\x00"
}

// tag returns the tag of a field in its one byte or more.
func tag(number int, wire byte) string {
	return string(binary.AppendUvarint(nil, uint64(number)<<3|uint64(wire)))
}

func TestSchemaFields(t *testing.T) {
	s := readSchema(t)
	if got, want := len(s.messages), len(codecs)+1; got != want {
		t.Errorf("abi.proto has %d messages, the codec %d", got, want)
	}
	for message, fields := range s.messages {
		known := map[int]bool{}
		for _, f := range fields {
			known[f.number] = true
			wire, payload := s.wire(f)
			if err := decode(message, []byte(tag(f.number, wire)+payload)); err != nil {
				t.Errorf("decode %s with field %s of wire type %d: %v", message, f.name, wire, err)
			}
			// Wire type 5 is no field's, so the codec must refuse it by name.
			err := decode(message, []byte(tag(f.number, 5)+"\x00\x00\x00\x00"))
			var malformed *abi.MalformedError
			if !errors.As(err, &malformed) || malformed.Message != message || malformed.Field != f.name {
				t.Errorf("decode %s with field %d of a wrong wire type: %v; want an error that names the field %s", message, f.number, err, f.name)
			}
		}
		for number := 1; number < 40; number++ {
			if err := decode(message, []byte(tag(number, 5)+"\x00\x00\x00\x00")); err != nil && !known[number] {
				t.Errorf("decode %s: %v; abi.proto lacks this field", message, err)
			}
		}
	}
}

func TestSchemaEnums(t *testing.T) {
	s := readSchema(t)
	want := map[string]map[string]uint64{
		"Status": {}, "Kind": {},
		"Verdict":   {"VERDICT_DONE": uint64(abi.VerdictDone), "VERDICT_RETRY": uint64(abi.VerdictRetry), "VERDICT_TERMINAL": uint64(abi.VerdictTerminal)},
		"IndexKind": {"INDEX_NONE": uint64(abi.IndexNone), "INDEX_OWNER": uint64(abi.IndexOwner), "INDEX_LABEL": uint64(abi.IndexLabel), "INDEX_FIELD": uint64(abi.IndexField), "INDEX_UID": uint64(abi.IndexUID), "INDEX_OWNERS": uint64(abi.IndexOwners)},
		"Mapping":   {"MAP_UNSPECIFIED": 0},
		"PatchType": {"PATCH_MERGE": uint64(abi.PatchMerge), "PATCH_JSON": uint64(abi.PatchJSON), "PATCH_STRATEGIC": uint64(abi.PatchStrategic)},
		"Propagation": {
			"PROPAGATION_DEFAULT": uint64(abi.PropagationDefault), "PROPAGATION_BACKGROUND": uint64(abi.PropagationBackground),
			"PROPAGATION_FOREGROUND": uint64(abi.PropagationForeground), "PROPAGATION_ORPHAN": uint64(abi.PropagationOrphan),
		},
		"MetricKind": {"METRIC_COUNTER": uint64(abi.MetricCounter), "METRIC_GAUGE": uint64(abi.MetricGauge), "METRIC_HISTOGRAM": uint64(abi.MetricHistogram)},
		"SignKind":   {"SIGN_JWT": uint64(abi.SignJWT)},
	}
	for status := range abi.Status(abi.Statuses) {
		want["Status"]["STATUS_"+strings.ToUpper(status.String())] = uint64(status)
	}
	for kind := range record.Map + 1 {
		want["Kind"]["KIND_"+strings.ToUpper(snake(kind.String()))] = uint64(kind)
	}
	for mapping := abi.MapFor; mapping <= abi.MapLast; mapping++ {
		name := strings.ToUpper(strings.ReplaceAll(mapping.String(), "-", "_"))
		want["Mapping"]["MAP_"+name] = uint64(mapping)
	}
	for enum, values := range s.enums {
		for name, number := range values {
			if got, ok := want[enum][name]; !ok || got != number {
				t.Errorf("abi.proto: enum %s: %s = %d; the codec has %d (known: %t)", enum, name, number, got, ok)
			}
		}
		if len(values) != len(want[enum]) {
			t.Errorf("abi.proto: enum %s has %d values, the codec %d", enum, len(values), len(want[enum]))
		}
	}
}

var humps = regexp.MustCompile(`([a-z])([A-Z])`)

// snake turns a Go name into the schema's.
func snake(name string) string {
	return strings.ToLower(humps.ReplaceAllString(name, "${1}_$2"))
}
