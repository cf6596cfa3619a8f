# The plugin's formats, built by DPF into bin/: timbred.vst3, timbred.clap, timbred.lv2 and timbred.

find_package(X11 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(JACK REQUIRED jack)

set(DPF_LIBRARIES OFF CACHE BOOL "" FORCE)
set(DPF_EXAMPLES OFF CACHE BOOL "" FORCE)
set(DPF_MENDED ${CMAKE_BINARY_DIR}/dpf-mended)
include(mend_dpf.cmake)
foreach(file ${dpf_sources})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${DPF_FOLDER}/distrho/src/${file})
endforeach()
add_subdirectory(${DPF_MENDED} ${CMAKE_BINARY_DIR}/dpf EXCLUDE_FROM_ALL)

set(TIMBRED_DSP_SOURCES shell/timbred_plugin.cpp)
set(TIMBRED_UI_SOURCES shell/timbred_ui.cpp editor/file_drag.cpp editor/pointer.cpp)
dpf_add_plugin(timbred TARGETS jack lv2 vst3 UI_TYPE cairo MONOLITHIC
  FILES_DSP ${TIMBRED_DSP_SOURCES} FILES_UI ${TIMBRED_UI_SOURCES})
target_include_directories(timbred PUBLIC shell)
target_link_libraries(timbred-dsp PUBLIC timbred-core)
target_link_libraries(timbred-ui PUBLIC timbred-editor ${X11_X11_LIB})
set_source_files_properties(${TIMBRED_DSP_SOURCES} ${TIMBRED_UI_SOURCES}
  PROPERTIES COMPILE_OPTIONS "-Wall;-Wextra;-Werror")
# DPF's headers are not ours to keep clean.
foreach(target timbred-dsp timbred-ui)
  target_include_directories(${target} SYSTEM PRIVATE ${DPF_MENDED}/distrho ${DPF_MENDED}/dgl)
endforeach()

# DPF 1.6 builds CLAP only from its Makefiles; these are the same steps for CMake.
dpf__add_module(timbred-clap)
dpf__add_plugin_main(timbred-clap clap)
dpf__add_ui_main(timbred-clap clap dgl-cairo)
dpf__set_module_export_list(timbred-clap clap)
target_link_libraries(timbred-clap PRIVATE timbred-dsp timbred-ui)
set_target_properties(timbred-clap PROPERTIES PREFIX "" SUFFIX ".clap" OUTPUT_NAME timbred
  LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin/$<0:>")

# DPF 1.6's CMake leaves out the definition with which the standalone uses JACK.
target_compile_definitions(timbred-jack PRIVATE HAVE_JACK)
