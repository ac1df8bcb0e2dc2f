// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
)

// patience is how long the story waits for the cluster to do its part.
const patience = time.Minute

const (
	namespace = metav1.NamespaceDefault
	name      = "nginx-rc"
	manifest  = "examples/nginx-rc.json"
)

// story is the stage as the chapters see it.
type story struct {
	*screen
	client  kubernetes.Interface
	plugins string // the host's plugin directory
}

// chapter is one part of the story. It fails if the cluster does not do what
// the chapter tells.
type chapter struct {
	title string
	play  func(ctx context.Context, s *story) error
}

var chapters = []chapter{
	{"A ReplicationController with 2 replicas", create},
	{"A pod is deleted and replaced", deleteOne},
	{"Scaling", scaling},
	{"A pod is taken out by its label, and lives on", takeOut},
	{"The plugin is replaced while it runs", replacePlugin},
}

func play(ctx context.Context, s *story) error {
	for i, c := range chapters {
		s.title(fmt.Sprintf("%d. %s", i+1, c.title))
		if err := c.play(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", c.title, err)
		}
	}
	s.title("Everything happened as told")
	return nil
}

func create(ctx context.Context, s *story) error {
	text, err := os.ReadFile(manifest)
	if err != nil {
		return err
	}
	var rc corev1.ReplicationController
	if err := json.Unmarshal(text, &rc); err != nil {
		return fmt.Errorf("%s: %w", manifest, err)
	}
	s.command("create -f %s", manifest)
	if _, err := s.client.CoreV1().ReplicationControllers(namespace).Create(ctx, &rc, metav1.CreateOptions{}); err != nil {
		return err
	}
	_, err = s.settle(ctx, 2)
	return err
}

func deleteOne(ctx context.Context, s *story) error {
	before, err := s.list(ctx)
	if err != nil {
		return err
	}
	victim := before[0].Name
	s.command("delete pod %s", victim)
	if err := s.client.CoreV1().Pods(namespace).Delete(ctx, victim, metav1.DeleteOptions{}); err != nil {
		return err
	}
	if err := s.gone(ctx, victim); err != nil {
		return err
	}
	after, err := s.settle(ctx, 2)
	if err == nil && hasPod(after, victim) {
		err = fmt.Errorf("pod %s is still there", victim)
	}
	return err
}

func scaling(ctx context.Context, s *story) error {
	for _, step := range []struct {
		expected int32 // --current-replicas; -1: not given
		replicas int32
		refused  bool
	}{
		{-1, 1, false}, {1, 3, false}, {-1, 1, false}, {3, 5, true}, {1, 5, false},
	} {
		err := s.scale(ctx, step.expected, step.replicas)
		switch {
		case step.refused && err == nil:
			return fmt.Errorf("scale to %d with --current-replicas=%d was not refused", step.replicas, step.expected)
		case step.refused:
			s.say("error: %v", err)
			continue
		case err != nil:
			return fmt.Errorf("scale to %d: %w", step.replicas, err)
		}
		if _, err := s.settle(ctx, int(step.replicas)); err != nil {
			return err
		}
	}
	return nil
}

// scale does what kubectl scale does: it reads the scale subresource, compares
// the replicas with those expected, and updates the version that it read.
func (s *story) scale(ctx context.Context, expected, replicas int32) error {
	flags := ""
	if expected >= 0 {
		flags = fmt.Sprintf("--current-replicas=%d ", expected)
	}
	s.command("scale rc %s %s--replicas=%d", name, flags, replicas)
	controllers := s.client.CoreV1().ReplicationControllers(namespace)
	scale, err := controllers.GetScale(ctx, name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	if expected >= 0 && scale.Spec.Replicas != expected {
		return fmt.Errorf("expected replicas to be %d, was %d", expected, scale.Spec.Replicas)
	}
	scale.Spec = autoscalingv1.ScaleSpec{Replicas: replicas}
	if _, err = controllers.UpdateScale(ctx, name, scale, metav1.UpdateOptions{}); err == nil {
		s.say("replicationcontroller/%s scaled", name)
	}
	return err
}

func takeOut(ctx context.Context, s *story) error {
	before, err := s.list(ctx)
	if err != nil {
		return err
	}
	pod := before[0].Name
	s.command("label pod %s app=on-its-own --overwrite", pod)
	patch := []byte("{\"metadata\":{\"labels\":{\"app\":\"on-its-own\"}}}")
	if _, err := s.client.CoreV1().Pods(namespace).Patch(ctx, pod, types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
		return err
	}
	if _, err := s.settle(ctx, 5); err != nil {
		return err
	}
	return s.until(ctx, func() (string, error) {
		freed, err := s.client.CoreV1().Pods(namespace).Get(ctx, pod, metav1.GetOptions{})
		if err != nil {
			return "", err
		}
		if len(freed.OwnerReferences) > 0 || freed.Status.Phase != corev1.PodRunning {
			return fmt.Sprintf("pod %s is %s and has %d owners", pod, freed.Status.Phase, len(freed.OwnerReferences)), nil
		}
		s.say("%s lives on, without owner:", pod)
		s.pods([]corev1.Pod{*freed})
		return "", nil
	})
}

func replacePlugin(ctx context.Context, s *story) error {
	const from, to = changedLine, `"Created pod, says the changed plugin: "`
	s.say("%s, one line changed:", changedFile)
	s.say("  - %s", from)
	s.say("  + %s", to)
	folder, err := os.MkdirTemp("", "wcm-changed-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	start := time.Now()
	if err := buildChanged(ctx, folder, s.plugins, from, to); err != nil {
		return err
	}
	s.say("compiled in %s and renamed over the file that runs", time.Since(start).Round(10*time.Millisecond))
	if err := s.replaced(ctx); err != nil {
		return err
	}
	if err := s.scale(ctx, 5, 6); err != nil {
		return err
	}
	if _, err := s.settle(ctx, 6); err != nil {
		return err
	}
	return s.event(ctx, "says the changed plugin")
}
