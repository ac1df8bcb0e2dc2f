// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package claim

import (
	"context"
	"errors"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// adopt makes the owner the controller owner of a child and returns the child
// as it is then, nil if it has vanished.
func (c *Claimer[C]) adopt(ctx context.Context, child *C) (*C, error) {
	if !c.checked {
		c.refusal, c.checked = c.check(ctx), true
	}
	m := c.Meta(child)
	if c.refusal != nil {
		return nil, &Error{"adopt", c.Noun, m.Name, c.refusal}
	}
	adopted, err := c.Children.Patch(ctx, m, ownersPatch(c.Reference), sdk.PreconditionUID(m.UID))
	if err != nil && !Vanished(err) {
		return nil, &Error{"adopt", c.Noun, m.Name, err}
	}
	return adopted, nil
}

// Why nothing is adopted.
var (
	ErrReplaced = errors.New("the owner was replaced by another object of its name")
	ErrDeleted  = errors.New("the owner has been deleted")
)

// check asks the API server itself whether the owner lives: adopting for one
// that was deleted in the meantime would give the child to the garbage
// collector.
func (c *Claimer[C]) check(ctx context.Context) error {
	live, err := c.Live(ctx)
	switch {
	case err != nil:
		return err
	case live.UID != c.Owner.UID:
		return ErrReplaced
	case live.Deleting():
		return ErrDeleted
	}
	return nil
}

// release removes the owner from the owners of a child. A child that has
// vanished, or that has no such owner any more, is no error.
func (c *Claimer[C]) release(ctx context.Context, child *C) error {
	m := c.Meta(child)
	change := ownersPatch(map[string]string{"$patch": "delete", "uid": c.Owner.UID})
	_, err := c.Children.Patch(ctx, m, change, sdk.PreconditionUID(m.UID))
	if err == nil || Vanished(err) || sdk.IsInvalid(err) {
		return nil
	}
	return &Error{"release", c.Noun, m.Name, err}
}

// ownersPatch changes one entry of the owner references, which the strategic
// merge finds by its uid, and leaves other owners alone.
func ownersPatch(entry any) sdk.Patch {
	return sdk.StrategicPatch(map[string]any{
		"metadata": map[string]any{"ownerReferences": []any{entry}},
	})
}

// Vanished reports that the object with the uid of the precondition is no more.
func Vanished(err error) bool { return sdk.IsNotFound(err) || sdk.IsConflict(err) }

// Error is why a child could not be adopted or released. It is no use of
// package fmt, which would make the module a tenth larger.
type Error struct {
	Verb  string // "adopt" or "release"
	Noun  string
	Name  string
	Cause error
}

// Error names what was attempted and the cause.
func (e *Error) Error() string {
	return e.Verb + " " + e.Noun + " " + e.Name + ": " + e.Cause.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }
