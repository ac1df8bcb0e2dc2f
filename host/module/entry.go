// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package module

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
)

// entryForm is a part of an entry's name, as is [meter.Version]: what another
// form or another rewriter made is not found. wazero's version is in the name
// of the code.
const entryForm = 3

// entryFile is the name of an entry in its stage.
const entryFile = "entry"

// seal is the first line of an entry: what it and its code must be.
type seal struct {
	Module sum    `json:"module"` // behind this line
	Data   sum    `json:"data"`   // behind the module
	Offset int    `json:"offset"` // of the data in the memory of an instance
	Code   sum    `json:"code"`
	Name   string `json:"name"` // of the code, below the directory of the cache
}

// sum tells content that is whole from content that is not. It is for the
// accidents of disks: those who could cheat can make another seal as well.
type sum struct {
	Size   int64  `json:"size"`
	CRC32C uint32 `json:"crc32c"`
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// writeEntry writes the entry of a rewritten module into the stage that has
// its code.
func writeEntry(stage string, r rewritten) error {
	codes, err := codesIn(stage, 1)
	if err != nil {
		return err
	}
	var s seal
	if s.Name, err = filepath.Rel(stage, codes[0]); err != nil {
		return err
	}
	if s.Code, err = sumOfFile(codes[0]); err != nil {
		return err
	}
	s.Module, s.Data, s.Offset = sumOf(r.wasm), sumOf(r.data.bytes), r.data.offset
	line, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(stage, entryFile), slices.Concat(line, []byte{'\n'}, r.wasm, r.data.bytes), 0o600)
}

// codeName is what wazero calls the directory of its version and a file of code.
var codeName = regexp.MustCompile(`^wazero-[^/\\]+[/\\][0-9a-f]{64}$`)

// readEntry reads an entry and checks it against its own seal.
func readEntry(path string) (s seal, r rewritten, err error) {
	file, size, err := openOwn(path)
	if err != nil {
		return s, r, err
	}
	defer func() { _ = file.Close() }() // it was only read
	content := make([]byte, size)
	if _, err := io.ReadFull(file, content); err != nil {
		return s, r, err
	}
	line, rest, _ := bytes.Cut(content, []byte{'\n'})
	if err := json.Unmarshal(line, &s); err != nil {
		return s, r, fmt.Errorf("its entry: %w", err)
	}
	if s.Module.Size >= 0 && s.Module.Size <= int64(len(rest)) {
		r = rewritten{rest[:s.Module.Size:s.Module.Size], data{s.Offset, rest[s.Module.Size:]}, s.Name}
	}
	if sumOf(r.wasm) != s.Module || sumOf(r.data.bytes) != s.Data || s.Offset < 0 || s.Offset%imagePage != 0 || !codeName.MatchString(s.Name) {
		return s, r, errors.New("its entry has changed")
	}
	return s, r, nil
}

// openOwn opens a file that nobody but this user and root can have written.
func openOwn(path string) (_ *os.File, size int64, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	info, err := file.Stat()
	if err == nil {
		err = ownedAlone(info)
	}
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("is no file")
	}
	if err != nil {
		_ = file.Close() // nothing was read
		return nil, 0, fmt.Errorf("%s %w", path, err)
	}
	return file, info.Size(), nil
}

func sumOfFile(path string) (sum, error) {
	file, size, err := openOwn(path)
	if err != nil {
		return sum{}, err
	}
	defer func() { _ = file.Close() }() // it was only read
	h := crc32.New(castagnoli)
	_, err = io.Copy(h, file)
	return sum{Size: size, CRC32C: h.Sum32()}, err
}

func sumOf(content []byte) sum {
	return sum{Size: int64(len(content)), CRC32C: crc32.Checksum(content, castagnoli)}
}
