// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"sync"
	"time"

	"github.com/wasm-controller-manager/wcm/abi"
)

// deny answers an operation that is not granted. The subject is what the
// operation is about, of which there must be few: a resource, not an object.
func (o *Operator) deny(ctx context.Context, buffer []byte, op abi.Operation, subject string, err error) (abi.Status, []byte) {
	if more, say := o.denials.count(denial{op, subject}, time.Now()); say {
		LoggerOf(ctx, o.Logger).Warn("Operation denied", "operation", op.String(), "reason", err.Error(), "before", more)
	}
	return fail(buffer, abi.StatusDenied, err.Error())
}

// quietTime is how long a denial of one kind is not logged again: a guest that
// is denied something comes back for it with every retry.
const quietTime = time.Minute

// denial is a kind of denial.
type denial struct {
	op      abi.Operation
	subject string
}

// denials remembers which were logged.
type denials struct {
	mu   sync.Mutex
	seen map[denial]*logged // guarded by mu
}

type logged struct {
	at   time.Time
	more int // how many came since
}

// count notes a denial and returns whether to say so, and how many came since
// that was last said.
func (d *denials) count(kind denial, now time.Time) (more int, say bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	last, known := d.seen[kind]
	if known && now.Sub(last.at) < quietTime {
		last.more++
		return 0, false
	}
	if !known {
		if d.seen == nil {
			d.seen = map[denial]*logged{}
		}
		last = &logged{}
		d.seen[kind] = last
	}
	more, last.more, last.at = last.more, 0, now
	return more, true
}
