// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package abi_test

import (
	"bytes"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// The vectors are the contract. After -update commit only a difference that
// you can explain: bytes that change are another ABI.
var update = flag.Bool("update", false, "rewrite the bytes and errors of testdata/vectors; see the warning beside this flag")

// TestVectors runs testdata/vectors/<Message>.txtar. In each file CASE.text is
// a message in protobuf's text format and CASE.hex its bytes; CASE.bad is
// bytes that are not the message and CASE.error why.
func TestVectors(t *testing.T) {
	s := readSchema(t)
	for name := range codecs {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join("testdata", "vectors", name+".txtar")
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			v := vectors{t, s, name, archive}
			for _, f := range archive.Files {
				switch title, kind, _ := strings.Cut(f.Name, "."); kind {
				case "text":
					v.good(title, string(f.Data))
				case "bad":
					v.bad(title, unhex(t, f.Data))
				}
			}
			if *update {
				if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// vectors is the archive of one message.
type vectors struct {
	t       *testing.T
	schema  schema
	message string
	archive *txtar.Archive
}

func (v vectors) good(title, text string) {
	lines := strings.Split(text, "\n")
	items, err := parseText(&lines)
	if err == nil {
		err = v.schema.resolve(v.message, items)
	}
	if err != nil {
		v.t.Fatalf("%s: %v", title, err)
	}
	want, fields := v.schema.encode(v.message, items)
	if golden := v.file(title+".hex", annotate(items, fields)); !bytes.Equal(unhex(v.t, golden), want) {
		v.t.Errorf("%s: the text is %x by the schema, want %s", title, want, golden)
	}
	m := codecs[v.message]()
	if err := m.Decode(want); err != nil {
		v.t.Errorf("%s: Decode(%x): %v", title, want, err)
	}
	if err := compare(v.message, reflect.ValueOf(m).Elem(), items); err != nil {
		v.t.Errorf("%s: Decode(%x): %v", title, want, err)
	}
	if got := m.Append([]byte("before")); string(got) != "before"+string(want) {
		v.t.Errorf("%s: Append = %x, want %x behind what was there", title, got, want)
	}
}

func (v vectors) bad(title string, b []byte) {
	err := codecs[v.message]().Decode(b)
	if err == nil {
		v.t.Fatalf("%s: Decode(%x) = nil, want an error", title, b)
	}
	if want := string(v.file(title+".error", err.Error()+"\n")); err.Error()+"\n" != want {
		v.t.Errorf("%s: Decode(%x) = %v, want %s", title, b, err, want)
	}
}

// file returns a file of the archive, which with -update becomes what is given.
func (v vectors) file(name, data string) []byte {
	for i := range v.archive.Files {
		f := &v.archive.Files[i]
		if f.Name != name {
			continue
		}
		if *update {
			f.Data = []byte(data)
		}
		return f.Data
	}
	v.t.Fatalf("%s.txtar has no file %s", v.message, name)
	return nil
}

// annotate renders bytes, one field on each line with its name.
func annotate(items []item, fields [][]byte) string {
	var b strings.Builder
	for i, f := range fields {
		fmt.Fprintf(&b, "% x  # %s\n", f, items[i].name)
	}
	return b.String()
}

// unhex is the inverse of annotate.
func unhex(t testing.TB, text []byte) []byte {
	t.Helper()
	var digits strings.Builder
	for line := range strings.Lines(string(text)) {
		line, _, _ = strings.Cut(line, "#")
		digits.WriteString(strings.Join(strings.Fields(line), ""))
	}
	b, err := hex.DecodeString(digits.String())
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return b
}
