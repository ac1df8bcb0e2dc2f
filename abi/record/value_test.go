// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package record_test

import (
	"bytes"
	"errors"
	"math"
	"testing"

	"github.com/wasm-controller-manager/wcm/abi/record"
)

func TestHeader(t *testing.T) {
	h := record.Header{Namespace: "default", Name: "web-0", UID: "c0ffee", ResourceVersion: 1 << 40}
	rec := append(record.AppendHeader(nil, h), "body"...)
	namespace, name, uid, version, body, err := record.CutHeader(rec)
	got := record.Header{Namespace: string(namespace), Name: string(name), UID: string(uid), ResourceVersion: version}
	if got != h || string(body) != "body" || err != nil {
		t.Errorf("CutHeader = %+v, %q, %v; want %+v, body, nil", got, body, err, h)
	}
	for n := range len(rec) - len("body") {
		if _, _, _, _, _, err := record.CutHeader(rec[:n]); !errors.Is(err, record.ErrTruncated) {
			t.Errorf("CutHeader of the first %d bytes: %v, want %v", n, err, record.ErrTruncated)
		}
	}
}

func TestTime(t *testing.T) {
	for _, c := range []struct {
		seconds     int64
		nanoseconds uint32
		want        string
	}{
		{0, 0, "\x01\x00"},
		{-1, 0, "\x02\x00"},
		{1, 5, "\x03\x05"},
		{math.MaxInt64, 999_999_999, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\xff\x93\xeb\xdc\x03"},
	} {
		b := record.AppendTime(nil, c.seconds, c.nanoseconds)
		if string(b) != c.want {
			t.Errorf("AppendTime(%d, %d) = %x, want %x", c.seconds, c.nanoseconds, b, c.want)
		}
		seconds, nanoseconds, present, rest, err := record.CutTime(b)
		if seconds != c.seconds || nanoseconds != c.nanoseconds || !present || len(rest) > 0 || err != nil {
			t.Errorf("CutTime(%x) = %d, %d, %t, %x, %v", b, seconds, nanoseconds, present, rest, err)
		}
	}
	if _, _, present, rest, err := record.CutTime([]byte{0, 9}); present || len(rest) != 1 || err != nil {
		t.Errorf("CutTime of an absent time = present %t, rest %x, %v", present, rest, err)
	}
}

// value is one value of a shape in bytes, whole or not.
type value struct {
	reason, shape, bytes string
	want                 error
}

var values = []value{
	{"bool", "bool", "\x01", nil},
	{"bool of 2", "bool", "\x02", record.ErrInvalid},
	{"no byte", "bool", "", record.ErrTruncated},
	{"int", "int", "\x80\x01", nil},
	{"int cut off", "int", "\x80", record.ErrTruncated},
	{"int of 11 bytes", "int", "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", record.ErrInvalid},
	{"float", "float", "12345678", nil},
	{"float cut off", "float", "1234567", record.ErrTruncated},
	{"string", "string", "\x02ab", nil},
	{"string cut off", "string", "\x03ab", record.ErrTruncated},
	{"string longer than memory", "string", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", record.ErrTruncated},
	{"raw", "raw", "\x02{}", nil},
	{"optional absent", "string?", "\x00", nil},
	{"optional present", "string?", "\x01\x00", nil},
	{"optional cut off", "string?", "\x01", record.ErrTruncated},
	{"optional of 2", "string?", "\x02", record.ErrInvalid},
	{"time", "time", "\x01\xff\x93\xeb\xdc\x03", nil},
	{"time with a whole second of nanoseconds", "time", "\x01\x80\x94\xeb\xdc\x03", record.ErrInvalid},
	{"time without nanoseconds", "time", "\x01", record.ErrTruncated},
	{"int or string absent", "intOrString", "\x00", nil},
	{"int or string as int", "intOrString", "\x01\x02", nil},
	{"int or string as string", "intOrString", "\x02\x01a", nil},
	{"int or string of 3", "intOrString", "\x03\x01a", record.ErrInvalid},
	{"int or string cut off", "intOrString", "\x02\x01", record.ErrTruncated},
	{"struct", "{a int,b{c string},d{}}", "\x01\x01x", nil},
	{"struct cut off", "{a int,b{c string}}", "\x01", record.ErrTruncated},
	{"bytes behind a struct", "{a int}", "\x01\x01", record.ErrTrailing},
	{"list", "list<string>", "\x02\x01a\x00", nil},
	{"list of fewer than counted", "list<string>", "\x02\x01a", record.ErrTruncated},
	{"list with a huge count", "list<int>", "\xff\xff\xff\xff\x0f", record.ErrTruncated},
	{"map", "map<int>", "\x01\x01k\x04", nil},
	{"map without a value", "map<int>", "\x01\x01k", record.ErrTruncated},
}

func TestCheckBody(t *testing.T) {
	for _, c := range values {
		t.Run(c.reason, func(t *testing.T) {
			s := parse(t, c.shape)
			if err := record.CheckBody([]byte(c.bytes), &s); !errors.Is(err, c.want) {
				t.Errorf("CheckBody(%x, %s) = %v, want %v", c.bytes, c.shape, err, c.want)
			}
		})
	}
}

func TestCheckHeader(t *testing.T) {
	s := parse(t, "{}")
	for _, c := range []struct {
		reason, rec string
		want        error
	}{
		{"empty header", "\x00\x00\x00\x00", nil},
		{"name is not UTF-8", "\x00\x01\xff\x00\x00", record.ErrInvalid},
		{"bytes behind the header", "\x00\x00\x00\x00\x00", record.ErrTrailing},
		{"nothing", "", record.ErrTruncated},
	} {
		if err := record.Check([]byte(c.rec), &s); !errors.Is(err, c.want) {
			t.Errorf("%s: Check(%x) = %v, want %v", c.reason, c.rec, err, c.want)
		}
	}
}

func TestAppendZero(t *testing.T) {
	s := parse(t, "{a bool,b bytes,c float,d int,e intOrString,f list<raw>,g map<time>,h string,i{j int,k time},l raw,m{x int}?}")
	got := record.AppendZero(nil, &s)
	if want := make([]byte, 19); !bytes.Equal(got, want) {
		t.Errorf("AppendZero = %x, want %x", got, want)
	}
	if err := record.CheckBody(got, &s); err != nil {
		t.Errorf("CheckBody of the zero value: %v", err)
	}
}

func TestFloat(t *testing.T) {
	b := record.AppendFloat(nil, -1.5)
	v, rest, err := record.CutFloat(b)
	if v != -1.5 || len(rest) > 0 || err != nil || len(b) != 8 || b[7] != 0xbf {
		t.Errorf("CutFloat(%x) = %v, %x, %v; want -1.5 little-endian", b, v, rest, err)
	}
}

// FuzzSkip checks for arbitrary bytes of arbitrary shapes that nothing
// panics and that Skip takes a prefix that it accepts again by itself.
func FuzzSkip(f *testing.F) {
	for _, c := range values {
		f.Add("{f "+c.shape+"}", []byte(c.bytes))
	}
	f.Fuzz(func(t *testing.T, text string, b []byte) {
		s, err := record.ParseShape(text)
		if err != nil || s.Validate() != nil {
			t.Skip()
		}
		_ = record.Check(b, &s)
		guarded := append(bytes.Clone(b), "guard"...)[:len(b):len(b)]
		rest, err := record.Skip(guarded, &s)
		if err != nil {
			return
		}
		value := b[:len(b)-len(rest)]
		if !bytes.Equal(b[len(value):], rest) {
			t.Fatalf("Skip(%x, %s) = %x, not a suffix", b, text, rest)
		}
		if err := record.CheckBody(value, &s); err != nil {
			t.Fatalf("CheckBody(%x, %s) = %v, but Skip took it", value, text, err)
		}
		if len(value) > 0 && record.CheckBody(value[:len(value)-1], &s) == nil {
			t.Fatalf("CheckBody(%x, %s) also takes one byte less", value, text)
		}
	})
}

// FuzzParseShape checks that whatever is understood renders to text that is
// understood as the same shape.
func FuzzParseShape(f *testing.F) {
	for _, text := range []string{"{}", "{a int?,b list<map<{c raw}?>>}?", `{"a\nb" time}`, "{`x int}"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := record.ParseShape(text)
		if err != nil {
			return
		}
		again, err := record.ParseShape(s.String())
		if err != nil || again.String() != s.String() {
			t.Fatalf("ParseShape(%q) renders %q, which parses to %q, %v", text, s.String(), again.String(), err)
		}
		_ = s.Validate()
		if c := s.Canonical(); c.String() != c.Canonical().String() {
			t.Fatalf("Canonical of %s is not stable: %s", c.String(), c.Canonical().String())
		}
	})
}
