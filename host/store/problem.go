// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/wasm-controller-manager/wcm/abi/record"
)

// Problem is why a resource cannot be read at present. Err is the cause as
// client-go has it, a *StatusError for what the API server said.
type Problem struct {
	Resource string // "apps/v1/deployments"
	Err      error
}

// Error says what is the matter and what would help.
func (p *Problem) Error() string {
	switch {
	case apierrors.IsNotFound(p.Err):
		return fmt.Sprintf("the API server does not serve %s; it is read as soon as it does, no restart is needed: %v", p.Resource, p.Err)
	case apierrors.IsForbidden(p.Err):
		return fmt.Sprintf("the verbs list and watch of %s are not allowed to this process: %v", p.Resource, p.Err)
	case apierrors.IsUnauthorized(p.Err):
		return fmt.Sprintf("the API server does not accept the credentials of this process for %s: %v", p.Resource, p.Err)
	}
	return fmt.Sprintf("list and watch %s: %v", p.Resource, p.Err)
}

// Unwrap returns Err.
func (p *Problem) Unwrap() error { return p.Err }

// failed notes a problem, and says so once for each cause.
func (g *generation) failed(err error) {
	if request, ok := errors.AsType[*url.Error](err); ok {
		err = request.Err // without the address, which differs with each attempt
	}
	p := &Problem{Resource: g.informer.name, Err: err}
	if old := g.problem.Swap(p); old == nil || old.Error() != p.Error() {
		g.informer.set.logger.Warn("Resource cannot be read", "resource", p.Resource, "error", p)
	}
}

// worked notes that the API server answered.
func (g *generation) worked() {
	if g.problem.Load() != nil && g.problem.Swap(nil) != nil {
		g.informer.set.logger.Info("Resource can be read again", "resource", g.informer.name)
	}
}

// mismatched says once per field that objects do not fit the projections.
func (inf *informer) mismatched(err *record.MismatchError) {
	field, _, _ := strings.Cut(err.Path, "[") // of a list or map once, not once per element
	if _, known := inf.odd.LoadOrStore(field, true); !known {
		inf.set.logger.Warn("Field of another type than plugins expect counts as absent", "resource", inf.name, "error", err)
	}
}
