// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package abi

import "time"

// HTTPRequest is the parameter of http: one request to a server that is not
// the API server. The result is an [HTTPResponse], whatever its status code.
type HTTPRequest struct {
	Method  string // empty: GET
	URL     string // absolute, https unless http is granted
	Headers []Pair // in any order, names in any case and perhaps repeatedly
	Body    []byte
	// Timeout bounds the request with all its redirects, within the time that
	// the reconcile has left; 0: 30 s.
	Timeout time.Duration
}

// MaxHeaders is how many headers an [HTTPRequest] has at most.
const MaxHeaders = 100

// Append appends the wire form to b.
func (m *HTTPRequest) Append(b []byte) []byte {
	b = appendString(b, 1, m.Method)
	b = appendString(b, 2, m.URL)
	for i := range m.Headers {
		b = appendMessage(b, 3, &m.Headers[i])
	}
	b = appendBytes(b, 4, m.Body)
	return appendUint(b, 5, uint64(max(m.Timeout, 0)))
}

// Decode sets m to the message in b; Body aliases b.
func (m *HTTPRequest) Decode(b []byte) error {
	*m = HTTPRequest{}
	return eachField("HTTPRequest", b, func(f *field) error {
		switch f.number {
		case 1:
			return f.text("method", &m.Method)
		case 2:
			return f.text("url", &m.URL)
		case 3:
			if len(m.Headers) == MaxHeaders {
				return f.malformed("headers", errMany)
			}
			m.Headers = append(m.Headers, Pair{})
			return f.embedded("headers", &m.Headers[len(m.Headers)-1])
		case 4:
			return f.bytes("body", &m.Body)
		case 5:
			return f.duration("timeout", &m.Timeout)
		}
		return nil
	})
}

// HTTPResponse is the result of http.
type HTTPResponse struct {
	Status  uint32 // 200 for example
	Headers []Pair // ascending by name, which is in canonical form: "Content-Type"
	Body    []byte // as the server sent it: the host decompresses nothing
}

// Append appends the wire form to b.
func (m *HTTPResponse) Append(b []byte) []byte {
	b = appendUint(b, 1, uint64(m.Status))
	for i := range m.Headers {
		b = appendMessage(b, 2, &m.Headers[i])
	}
	return appendBytes(b, 3, m.Body)
}

// Decode sets m to the message in b; Body aliases b.
func (m *HTTPResponse) Decode(b []byte) error {
	*m = HTTPResponse{}
	return eachField("HTTPResponse", b, func(f *field) error {
		switch f.number {
		case 1:
			return f.uint32("status", &m.Status)
		case 2:
			m.Headers = append(m.Headers, Pair{})
			return f.embedded("headers", &m.Headers[len(m.Headers)-1])
		case 3:
			return f.bytes("body", &m.Body)
		}
		return nil
	})
}

// SignKind says what is signed and in which form. Numbers are append-only.
type SignKind uint32

// The kinds of signature.
const (
	SignJWT SignKind = 0 // Payload is the claims of a JSON Web Token, which is the result
)

// SignRequest is the parameter of sign: the host signs with a key that the
// guest never sees.
type SignRequest struct {
	Key     string // its name in the host
	Kind    SignKind
	Payload []byte // SignJWT: a JSON object
}

// Append appends the wire form to b.
func (m *SignRequest) Append(b []byte) []byte {
	b = appendString(b, 1, m.Key)
	b = appendUint(b, 2, uint64(m.Kind))
	return appendBytes(b, 3, m.Payload)
}

// Decode sets m to the message in b; Payload aliases b.
func (m *SignRequest) Decode(b []byte) error {
	*m = SignRequest{}
	return eachField("SignRequest", b, func(f *field) error {
		switch f.number {
		case 1:
			return f.text("key", &m.Key)
		case 2:
			return f.uint32("kind", (*uint32)(&m.Kind))
		case 3:
			return f.bytes("payload", &m.Payload)
		}
		return nil
	})
}

// SignResult is the result of sign.
type SignResult struct {
	Signed []byte // SignJWT: the token, three parts in base64url with dots between them
}

// Append appends the wire form to b.
func (m *SignResult) Append(b []byte) []byte { return appendBytes(b, 1, m.Signed) }

// Decode sets m to the message in b; Signed aliases b.
func (m *SignResult) Decode(b []byte) error {
	*m = SignResult{}
	return eachField("SignResult", b, func(f *field) error {
		if f.number == 1 {
			return f.bytes("signed", &m.Signed)
		}
		return nil
	})
}
