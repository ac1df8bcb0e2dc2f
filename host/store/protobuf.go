// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"
	"encoding/binary"
	"errors"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The protobuf envelopes of Kubernetes. A document is four bytes and then a
// runtime.Unknown:
//
//	message Unknown    { TypeMeta typeMeta = 1; bytes raw = 2; … }
//	message TypeMeta   { string apiVersion = 1; string kind = 2; }
//	message PodList    { ListMeta metadata = 1; repeated Pod items = 2; }   // and every other list
//	message ListMeta   { string resourceVersion = 2; string continue = 3; … }
//	message WatchEvent { string type = 1; RawExtension object = 2; }       // not in an Unknown
//	message RawExtension { bytes raw = 1; }                                // a document

var (
	protobufMagic = []byte("k8s\x00")
	errProtobuf   = errors.New("malformed protobuf")
	errNoDocument = errors.New("not a Kubernetes protobuf document")
)

const (
	wireVarint  = 0
	wireFixed64 = 1
	wireBytes   = 2
	wireFixed32 = 5
)

// eachField visits the fields of a message that are bytes, text or messages;
// others are skipped.
func eachField(b []byte, visit func(number int, value []byte) error) error {
	for len(b) > 0 {
		tag, n := binary.Uvarint(b)
		if n <= 0 {
			return errProtobuf
		}
		head, size := valueSize(b[n:], tag&7)
		if size < 0 {
			return errProtobuf
		}
		b = b[n+head:]
		if tag&7 == wireBytes {
			if err := visit(int(tag>>3), b[:size]); err != nil {
				return err
			}
		}
		b = b[size:]
	}
	return nil
}

// valueSize returns how many bytes of b stand before a value of the wire type
// and how many the value has, which is negative if b is malformed.
func valueSize(b []byte, wire uint64) (head, size int) {
	switch wire {
	case wireFixed64:
		size = 8
	case wireFixed32:
		size = 4
	case wireVarint:
		_, size = binary.Uvarint(b)
		if size == 0 {
			return 0, -1
		}
	case wireBytes:
		length, n := binary.Uvarint(b)
		if n <= 0 || length > uint64(len(b)) {
			return 0, -1
		}
		head, size = n, int(length)
	default:
		return 0, -1
	}
	if head+size > len(b) {
		return 0, -1
	}
	return head, size
}

// cutDocument returns the kind and the message of a document.
func cutDocument(b []byte) (kind string, message []byte, err error) {
	b, ok := bytes.CutPrefix(b, protobufMagic)
	if !ok {
		return "", nil, errNoDocument
	}
	err = eachField(b, func(number int, value []byte) error {
		switch number {
		case 1:
			return eachField(value, func(number int, value []byte) error {
				if number == 2 {
					kind = string(value)
				}
				return nil
			})
		case 2:
			message = value
		}
		return nil
	})
	return kind, message, err
}

// cutProtobufEvent returns the type of a watch event and its document.
func cutProtobufEvent(frame []byte) (kind string, document []byte, err error) {
	err = eachField(frame, func(number int, value []byte) error {
		switch number {
		case 1:
			kind = eventType(value)
		case 2:
			return eachField(value, func(number int, value []byte) error {
				if number == 1 {
					document = value
				}
				return nil
			})
		}
		return nil
	})
	return kind, document, err
}

// eachProtobufItem visits the items of a list's message.
func eachProtobufItem(message []byte, meta *metav1.ListMeta, visit func(item []byte) error) error {
	return eachField(message, func(number int, value []byte) error {
		switch number {
		case 1:
			return meta.Unmarshal(value)
		case 2:
			return visit(value)
		}
		return nil
	})
}
