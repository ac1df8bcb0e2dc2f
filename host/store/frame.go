// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"k8s.io/apimachinery/pkg/runtime"
)

// protobufFramer is the stock one, with four bytes of length before each frame,
// over a buffer: HTTP/2 gives the server leave to send more at every read, and
// the stock one reads twice for each frame.
type protobufFramer struct{ runtime.Framer }

// NewFrameReader returns a reader each of whose reads gives one frame, or
// io.ErrShortBuffer and the next part of one that does not fit.
func (f protobufFramer) NewFrameReader(r io.ReadCloser) io.ReadCloser {
	return f.Framer.NewFrameReader(&bufferedReader{bufio.NewReaderSize(r, 16<<10), r})
}

type bufferedReader struct {
	*bufio.Reader
	io.Closer
}

// lineFramer splits a JSON watch into lines, as every API server writes it: one
// event per line, and no line feed can occur inside one. Other than the stock
// framer it does not scan the document to find its end.
type lineFramer struct{}

// NewFrameReader returns a reader each of whose reads gives one frame, or
// io.ErrShortBuffer and the next part of one that does not fit.
func (lineFramer) NewFrameReader(r io.ReadCloser) io.ReadCloser {
	return &lineReader{Closer: r, buffered: bufio.NewReaderSize(r, 32<<10)}
}

// NewFrameWriter is never needed: a reflector sends no frames.
func (lineFramer) NewFrameWriter(w io.Writer) io.Writer { return w }

var _ runtime.Framer = lineFramer{}

type lineReader struct {
	io.Closer
	buffered *bufio.Reader
	rest     []byte // of the line at hand; aliases line or buffered
	line     []byte // a line that did not fit the buffer, collected
}

// Read fills b with the line at hand. A line that the connection cut off is
// [io.ErrUnexpectedEOF], since half an event is none.
func (l *lineReader) Read(b []byte) (int, error) {
	for len(l.rest) == 0 { // also over empty lines
		if err := l.next(); err != nil {
			return 0, err
		}
	}
	n := copy(b, l.rest)
	l.rest = l.rest[n:]
	if len(l.rest) > 0 {
		return n, io.ErrShortBuffer
	}
	return n, nil
}

// next sets rest to the next line without the space around it. A line feed that
// is left over must not begin the next frame.
func (l *lineReader) next() error {
	line, err := l.buffered.ReadSlice('\n')
	if err == nil {
		l.rest = bytes.TrimSpace(line)
		return nil
	}
	l.line = append(l.line[:0], line...)
	for errors.Is(err, bufio.ErrBufferFull) {
		line, err = l.buffered.ReadSlice('\n')
		l.line = append(l.line, line...)
	}
	if errors.Is(err, io.EOF) && len(bytes.TrimSpace(l.line)) > 0 {
		return io.ErrUnexpectedEOF
	}
	l.rest = bytes.TrimSpace(l.line)
	return err
}
