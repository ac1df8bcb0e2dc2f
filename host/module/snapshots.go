// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package module

import (
	"context"
	"errors"
	"sync"
)

// snapshots are those of one code, by what the instances were given that they
// were taken of. They go with the code at the latest.
type snapshots struct {
	mu    sync.Mutex
	taken map[string]*taking // guarded by mu
}

// taking is a snapshot, or the making of it.
type taking struct {
	done     chan struct{} // closed when the fields below are set
	snapshot *Snapshot     // nil: instances cannot be copied
	err      error
}

// Snapshot returns the snapshot that instances begin as which are given the
// same, as origin says; nil if instances cannot be copies. The first caller
// takes it, or finds that out, others wait meanwhile. After an error of one the
// next one takes it. The snapshot belongs to the code: it is not to be used
// after Close or Unload.
func (m *Module) Snapshot(ctx context.Context, origin string, take func() (*Snapshot, error)) (*Snapshot, error) {
	code, err := m.held()
	if err != nil {
		return nil, err
	}
	s := &code.snapshots
	for {
		t, mine := s.find(origin)
		if mine {
			t.snapshot, t.err = take()
			if t.err != nil {
				s.remove(origin, t)
			}
			close(t.done)
			return t.snapshot, t.err
		}
		select {
		case <-t.done:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if t.err == nil {
			return t.snapshot, nil
		}
	}
}

// find returns the snapshot of an origin, and whether the caller must take it.
func (s *snapshots) find(origin string) (t *taking, mine bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t, found := s.taken[origin]; found {
		return t, false
	}
	t = &taking{done: make(chan struct{})}
	if s.taken == nil {
		s.taken = map[string]*taking{}
	}
	s.taken[origin] = t
	return t, true
}

func (s *snapshots) remove(origin string, t *taking) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken[origin] == t {
		delete(s.taken, origin)
	}
}

// DropSnapshot gives up the snapshot of an origin, if there is one. Its copies
// stay what they are; the next instance takes another.
func (m *Module) DropSnapshot(origin string) error {
	if code, err := m.held(); err == nil { // else it went with the code
		return code.snapshots.drop(origin)
	}
	return nil
}

// drop forgets and closes a snapshot, unless it is still being taken.
func (s *snapshots) drop(origin string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.taken[origin]
	if t == nil || !t.ready() {
		return nil
	}
	delete(s.taken, origin)
	return t.snapshot.Close()
}

func (t *taking) ready() bool {
	select {
	case <-t.done:
		return true
	default:
		return false
	}
}

// close gives up all of them. Nobody uses the code any more.
func (s *snapshots) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	for _, t := range s.taken {
		err = errors.Join(err, t.snapshot.Close())
	}
	s.taken = nil
	return err
}
