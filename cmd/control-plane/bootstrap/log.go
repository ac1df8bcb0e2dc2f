// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package bootstrap

import (
	"bytes"
	"io"
	"os"
)

// What is enough to see why a server ended.
const (
	tailLines = 20
	tailBytes = 16 << 10
)

// LogTail is the last lines of the log, or why they cannot be had: it is for
// the text of an error.
func (d Dir) LogTail() []byte {
	file, err := os.Open(d.Log())
	if err != nil {
		return []byte(err.Error())
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return []byte(err.Error())
	}
	start := max(0, info.Size()-tailBytes)
	raw, err := io.ReadAll(io.NewSectionReader(file, start, tailBytes))
	if err != nil {
		return []byte(err.Error())
	}
	lines := bytes.Split(bytes.TrimRight(raw, "\n"), []byte("\n"))
	return bytes.Join(lines[max(0, len(lines)-tailLines):], []byte("\n"))
}
