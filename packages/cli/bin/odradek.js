#!/usr/bin/env node
import '../dist/bundle/odradek.js'
