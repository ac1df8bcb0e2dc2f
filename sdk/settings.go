// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdk

import (
	"context"
	"reflect"
	"unsafe"

	"github.com/wasm-controller-manager/wcm/sdk/internal/plan"
)

// Settings are the settings that the operator of a cluster gives a plugin.
type Settings[T any] struct{}

// NewSettings declares the settings of the plugin: a struct whose fields,
// named by their json tags, are the settings, with the values in defaults for
// those that are not given. A validation error keeps the plugin from starting
// and is shown to the operator.
//
//	var settings = sdk.NewSettings(Settings{BurstReplicas: 500})
//
// A plugin has one such variable; NewSettings panics at the second, and if T
// has a field that cannot be a setting.
func NewSettings[T any](defaults T, validate ...func(*T) error) *Settings[T] {
	if module.configure != nil {
		module.refuse("settings are")
	}
	p, err := plan.ProjectSettings(reflect.TypeFor[T]())
	if err != nil {
		panic("sdk: settings: " + err.Error())
	}
	module.description.Settings = p.Shape()
	module.defaults = func(in *instance) {
		settings := defaults
		in.settings = &settings
	}
	module.configure = func(in *instance, body []byte) error {
		settings := defaults
		if len(body) > 0 {
			if err := p.Decode(string(body), unsafe.Pointer(&settings)); err != nil {
				return err
			}
		}
		for _, check := range validate {
			if err := check(&settings); err != nil {
				return err
			}
		}
		in.settings = &settings
		return nil
	}
	return &Settings[T]{}
}

// Get returns the settings, which the caller must not change.
func (s *Settings[T]) Get(ctx context.Context) *T {
	settings, _ := instanceFrom(ctx).settings.(*T)
	return settings
}
