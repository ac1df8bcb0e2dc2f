// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package abi

// MaxBatch is how many writes a batch performs at most.
const MaxBatch = 1000

// BatchRequest is the parameter of batch: writes of one kind that the host
// performs side by side, in no order. The result is a [BatchResult]. One that
// fails does not keep the others from being performed.
type BatchRequest struct {
	Operation string // the name of a write, see [WriteNamed]
	Writes    []WriteRequest
	// Copies is how often each of the writes is performed, a create with
	// generateName for example; 0: once. All together are at most MaxBatch.
	Copies uint32
}

// WriteNamed returns the write of a name, "create" for example.
func WriteNamed(name string) (op Operation, found bool) {
	for op := range Operation(Operations) {
		if op.Write() && op.String() == name {
			return op, true
		}
	}
	return 0, false
}

// Append appends the wire form to b.
func (m *BatchRequest) Append(b []byte) []byte {
	b = appendString(b, 1, m.Operation)
	for i := range m.Writes {
		b = appendMessage(b, 2, &m.Writes[i])
	}
	return appendUint(b, 3, uint64(m.Copies))
}

// Decode sets m to the message in b; bodies alias b.
func (m *BatchRequest) Decode(b []byte) error {
	*m = BatchRequest{}
	return eachField("BatchRequest", b, func(f *field) error {
		switch f.number {
		case 1:
			return f.text("operation", &m.Operation)
		case 2:
			if len(m.Writes) == MaxBatch {
				return f.malformed("writes", errMany)
			}
			m.Writes = append(m.Writes, WriteRequest{})
			return f.embedded("writes", &m.Writes[len(m.Writes)-1])
		case 3:
			return f.uint32("copies", &m.Copies)
		}
		return nil
	})
}

// BatchResult is the result of batch: one for each write in the order of the
// request, those of its copies next to each other.
type BatchResult struct{ Results []WriteResult }

// Append appends the wire form to b.
func (m *BatchResult) Append(b []byte) []byte {
	for i := range m.Results {
		b = appendMessage(b, 1, &m.Results[i])
	}
	return b
}

// Decode sets m to the message in b; what is in it aliases b. Like
// [GetRequest.DecodeAlias] it is a loop of its own.
func (m *BatchResult) Decode(b []byte) error {
	*m = BatchResult{Results: m.Results[:0]}
	f := field{message: "BatchResult"}
	for len(b) > 0 {
		b = f.next(b)
		if err := f.visited(m.set(&f)); err != nil {
			return err
		}
	}
	return nil
}

func (m *BatchResult) set(f *field) error {
	if f.number != 1 {
		return nil
	}
	if err := f.check("results", wireBytes); err != nil {
		return err
	}
	m.Results = append(m.Results, WriteResult{})
	return m.Results[len(m.Results)-1].Decode(f.data)
}

// WriteResult is what one write of a batch came to: what its operation would
// have returned by itself.
type WriteResult struct {
	Status Status
	Result []byte
}

// Append appends the wire form to b.
func (m *WriteResult) Append(b []byte) []byte {
	b = appendUint(b, 1, uint64(m.Status))
	return appendBytes(b, 2, m.Result)
}

// Decode sets m to the message in b; Result aliases b.
func (m *WriteResult) Decode(b []byte) error {
	*m = WriteResult{}
	f := field{message: "WriteResult"}
	for len(b) > 0 {
		b = f.next(b)
		if err := f.visited(m.set(&f)); err != nil {
			return err
		}
	}
	return nil
}

func (m *WriteResult) set(f *field) error {
	switch f.number {
	case 1:
		return f.uint32("status", (*uint32)(&m.Status))
	case 2:
		return f.bytes("result", &m.Result)
	}
	return nil
}
