"""What the lessons build and import, and nothing else.

===========================  =========================================  =========
module                       what it holds                              built in
===========================  =========================================  =========
``helpers.first_models``     rules, bag of words, a small network       lesson 00
``helpers.data``             file -> dataset                            lesson 01
``helpers.batching``         dataset -> padded batches                  lesson 02
``helpers.model``            checkpoint -> tokenizer and model          lesson 03
``helpers.look_inside``      a layer by hand, heads, a linear probe     lesson 03
``helpers.training``         batches + model -> fine-tuned model        lesson 04
``helpers.evaluation``       fine-tuned model -> honest numbers         lesson 05
``helpers.mask_cost``        what a forgotten mask costs                lesson 02
``helpers.bugs``             seven bugs, each in one short loop         lesson 04
``helpers.sharing``          exports, int8, model card, local hub       lesson 07
``helpers.many_rows``        a file of any length -> predictions        lesson 07
``helpers.demo``             a web demo that hides nothing              lesson 07
``helpers.clinic``           nine habits and their honest versions     lesson 08
``helpers.own_data``         anybody's CSV or Excel -> table and map    --
``helpers.table_files``      anybody's CSV or Excel -> rows of cells    --
``helpers.script``           lesson 04 as a command, several processes  --
``helpers.exercises``        checks, hints, what was solved             --
``helpers.scoreboard``       what one lesson leaves to the next         --
``helpers.lesson``           set-up cell, presets, downloads            --
``helpers.packages``         are the requirements met?                  --
``helpers.fit``              do tokenizer, model and labels fit?        --
``helpers.training_checks``  what must be right before training begins  --
``helpers.fingerprint``      by what a resumed run is known again       --
``helpers.device``           device, number format, attention           --
``helpers.files``            whole files, checksums, folders            --
``helpers.plots``            every figure, in one style                 --
``helpers.messages``         what a learner reads, in two languages     --
``helpers.corpus``           plain text -> vocabulary and batches       --
``helpers.pretraining``      the mini IndoBERT, from text to weights    --
===========================  =========================================  =========

Nothing is imported here, so that ``import helpers.data`` brings in only what
it needs.
"""
